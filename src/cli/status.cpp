#include <fmt/core.h>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/connection.hpp"

namespace clary::cli {

namespace json = boost::json;

namespace {

std::string counts(const json::value& value) {
  std::string text;
  for (const auto& [status, count] : value.as_object()) {
    if (count.to_number<std::int64_t>() > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.to_number<std::int64_t>(), std::string(status));
  }
  return text.empty() ? "none" : text;
}

constexpr double gib = 1024.0 * 1024 * 1024;

}  // namespace

int status(const std::string& data_dir, bool as_json) {
  auto connection = connect(data_dir);
  if (!connection) return fail(connection.error());
  auto reply = ask(*connection, "GET", "/-/status");
  if (!reply) return fail(reply.error());
  if (as_json || reply->status != 200) {
    fmt::print("{}", reply->body);
    return reply->status == 200 ? 0 : 1;
  }
  json::value status = json::parse(reply->body);
  const json::value& slots = status.at("slots");
  fmt::print("clary {}, pid {}, since {}\n", json::value_to<std::string>(status.at("version")), status.at("pid").to_number<int>(),
             json::value_to<std::string>(status.at("started")));
  for (const std::string& address : connection->server.addresses) fmt::print("listens on     http://{}\n", address);
  fmt::print("data folder    {}\n", data_dir);
  fmt::print("host slots     {:g} of {:g} CPUs, {:.1f} of {:.1f} GiB used; {} waiting\n", slots.at("used").at("cpus").to_number<double>(),
             slots.at("total").at("cpus").to_number<double>(), slots.at("used").at("memory").to_number<double>() / gib,
             slots.at("total").at("memory").to_number<double>() / gib, slots.at("waiting").to_number<std::int64_t>());
  const json::value* gpus = slots.at("total").as_object().if_contains("gpus");
  if (gpus && gpus->to_number<int>() > 0)
    fmt::print("host GPUs      {} of {} used\n", slots.at("used").at("gpus").to_number<int>(), gpus->to_number<int>());
  fmt::print("training jobs  {}\n", counts(status.at("training_jobs")));
  fmt::print("processing     {}\n", counts(status.at("processing_jobs")));
  fmt::print("endpoints      {}\n", counts(status.at("endpoints")));
  return 0;
}

}  // namespace clary::cli
