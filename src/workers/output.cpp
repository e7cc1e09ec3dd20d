#include "workers/output.hpp"

#include <algorithm>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>

#include "io/file.hpp"
#include "workers/lines.hpp"
#include "workers/log.hpp"
#include "workers/output_watch.hpp"

namespace clary::workers {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_read = 1024 * 1024;
constexpr std::size_t most_a_turn = 8 * most_read;  // then other followers have theirs
constexpr std::uint64_t punch_step = 1024 * 1024;
constexpr std::uint64_t block = 4096;

class FollowedFile : public Followed {
 public:
  FollowedFile(std::string path, std::uint64_t offset, OutputFollower::Sink sink)
      : path_(std::move(path)), offset_(offset), sink_(std::move(sink)) {}

  const std::string& path() const override { return path_; }

  Next turn() override {
    std::lock_guard lock(mutex_);
    return closed_ ? Next::idle : pump(false, most_a_turn);
  }

  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }

  void finish(const std::function<bool()>& given_up) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    std::unique_lock lock(mutex_);
    while (!closed_) {
      const Next next = pump(true, SIZE_MAX);
      if (next != Next::later || (given_up && given_up())) break;
      if (std::chrono::steady_clock::now() > end) {
        log_.error("{}: its last lines could not be stored", path_);
        break;
      }
      std::condition_variable pause;
      pause.wait_for(lock, 50ms);
    }
    closed_ = true;
  }

 private:
  Next pump(bool last, std::size_t most) {
    if (!file_) {
      auto opened = io::File::open(path_, O_RDWR);
      if (!opened) return last ? Next::idle : Next::later;
      file_ = std::move(*opened);
    }
    for (std::size_t done = 0; done < most;) {
      const auto size = file_.size();
      if (!size) return Next::idle;
      // A worker may cut its own output; what it had written is gone.
      offset_ = std::min(offset_, *size);
      buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(*size - offset_, most_read)));
      const auto got = file_.pread(buffer_.data(), buffer_.size(), offset_);
      if (!got || *got == 0) break;
      const CutLines cut = cut_lines(std::string_view(buffer_.data(), *got), last && offset_ + *got == *size);
      if (cut.consumed == 0) break;
      if (!deliver(cut)) return Next::later;
      offset_ += cut.consumed;
      done += cut.consumed;
      punch();
      if (done >= most) return Next::again;
    }
    std::string().swap(buffer_);
    return Next::idle;
  }

  bool deliver(const CutLines& cut) {
    if (cut.lines.empty()) return true;
    const Time now = SystemClock().now();
    std::vector<Line> lines;
    lines.reserve(cut.lines.size());
    for (const auto& text : cut.lines) lines.push_back({now, text});
    return sink_(std::move(lines), offset_ + cut.consumed);
  }

  void punch() {
    if (offset_ - std::min(offset_, punched_) < punch_step) return;
    const std::uint64_t end = offset_ / block * block;
    if (fallocate(file_.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(punched_),
                  static_cast<off_t>(end - punched_)) != 0) {
      log_.debug("{}: the file system cannot free what was read", path_);
    }
    punched_ = end;
  }

  const std::string path_;
  std::mutex mutex_;
  bool closed_ = false;
  io::File file_;
  std::uint64_t offset_, punched_ = 0;
  std::string buffer_;
  const OutputFollower::Sink sink_;
};

class SharedFollower : public OutputFollower {
 public:
  SharedFollower(std::string path, std::uint64_t offset, Sink sink)
      : file_(std::make_shared<FollowedFile>(std::move(path), offset, std::move(sink))), watch_(OutputWatch::shared()) {
    watch_->add(file_);
  }
  ~SharedFollower() override {
    file_->close();
    watch_->remove(file_.get());
  }
  void finish(const std::function<bool()>& given_up) override {
    file_->finish(given_up);
    watch_->remove(file_.get());
  }

 private:
  const std::shared_ptr<FollowedFile> file_;
  const std::shared_ptr<OutputWatch> watch_;
};

}  // namespace

std::unique_ptr<OutputFollower> OutputFollower::start(std::string path, std::uint64_t offset, Sink sink) {
  return std::make_unique<SharedFollower>(std::move(path), offset, std::move(sink));
}

}  // namespace clary::workers
