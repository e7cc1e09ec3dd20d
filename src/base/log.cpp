#include "base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>

namespace clary::log {

namespace {

std::atomic<Level> current_level{Level::info};
thread_local std::string request_id;

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("clary", std::move(sink));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

std::shared_ptr<spdlog::logger>& logger() {
  static auto instance = make_logger(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    default: return spdlog::level::err;
  }
}

}  // namespace

void configure(Level level, const std::string& path) {
  current_level = level;
  if (!path.empty()) logger() = make_logger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
}

Level level() { return current_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view channel, std::string_view message) {
  if (request_id.empty()) {
    logger()->log(to_spdlog(level), "{} {}", channel, message);
  } else {
    logger()->log(to_spdlog(level), "{} {} request={}", channel, message, request_id);
  }
}

RequestScope::RequestScope(std::string id) : outer_(std::exchange(request_id, std::move(id))) {}
RequestScope::~RequestScope() { request_id = std::move(outer_); }

}  // namespace clary::log
