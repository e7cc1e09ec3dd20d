#include "jobs/channel_files.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "io/archive.hpp"
#include "io/copy.hpp"
#include "jobs/fastfile.hpp"
#include "jobs/log.hpp"
#include "jobs/transfer_error.hpp"

namespace clary::jobs {

namespace {

constexpr std::size_t longest_queue = 1024;
constexpr std::size_t worth_a_hand = 16;  // items that wait
constexpr unsigned most_hands = 4;
constexpr std::size_t most_missing = 10;
constexpr std::uint64_t block = 4096;

// NoSuchKey and its like, not a file of ours that is gone.
bool is_missing(const Error& error) {
  return error.kind == ErrorKind::not_found && !error.code.empty();
}

}  // namespace

ChannelFiles::ChannelFiles(Intake& intake, io::File folder, Options options)
    : intake_(intake), folder_(std::move(folder)), options_(options), room_(intake.room) {}

ChannelFiles::~ChannelFiles() {
  {
    std::lock_guard lock(mutex_);
    ended_ = stop_ = true;
  }
  change_.notify_all();
  for (auto& hand : hands_) hand.join();
  intake_.room = room_;
}

Outcome<void> ChannelFiles::add(S3Uri from, std::string path) {
  CHECK_OK(check_cancelled());
  std::size_t waiting = 0;
  {
    std::lock_guard lock(mutex_);
    if (stop_) return outcome();
    queue_.push_back({count_++, std::move(from), std::move(path)});
    waiting = queue_.size();
  }
  if (waiting >= worth_a_hand && hands_.empty() && !alone_) start_hands();
  if (!hands_.empty()) change_.notify_one();
  if (waiting >= longest_queue) work_one(hand_);
  return {};
}

Outcome<void> ChannelFiles::finish() {
  while (work_one(hand_)) {
  }
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  change_.notify_all();
  for (auto& hand : hands_) hand.join();
  hands_.clear();
  std::lock_guard lock(mutex_);
  return outcome();
}

void ChannelFiles::start_hands() {
  const unsigned wanted = std::clamp(std::thread::hardware_concurrency(), 1u, most_hands);
  // The caller lists keys, which is little work: it lends its hand only where the queue is full.
  try {
    for (unsigned i = 0; i < wanted; ++i) hands_.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    // Whoever adds and finishes does the work that no hand takes.
    alone_ = hands_.empty();
    log_.warn("a channel's files are copied by {} threads: no other can be started: {}", hands_.size(), error.what());
  }
}

void ChannelFiles::work() {
  Hand hand;
  while (true) {
    while (work_one(hand)) {
    }
    std::unique_lock lock(mutex_);
    change_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    if (queue_.empty() || stop_) return;
  }
}

std::optional<ChannelFiles::Item> ChannelFiles::next() {
  std::lock_guard lock(mutex_);
  if (queue_.empty() || stop_) return std::nullopt;
  Item item = std::move(queue_.front());
  queue_.pop_front();
  return item;
}

bool ChannelFiles::work_one(Hand& hand) {
  auto item = next();
  if (!item) return false;
  auto placed = check_cancelled();
  if (placed) placed = place(*item, hand);
  if (!placed) failed(*item, std::move(placed).error());
  return true;
}

Outcome<void> ChannelFiles::place(const Item& item, Hand& hand) {
  TRY(auto parts, io::safe_parts(item.path));
  if (parts.empty()) return validation("its key leaves no file name");
  const std::string name = std::move(parts.back());
  parts.pop_back();
  TRY(auto reader, intake_.objects.open(item.from.bucket, item.from.key));
  CHECK_OK(enter(hand, std::move(parts)));
  if (!options_.link || !reader->file()) return copy(*reader, item, hand.folder.fd(), name);
  auto linked = link_object(*reader, hand.folder.fd(), name);
  if (linked) return linked;
  if (linked.error().kind == ErrorKind::already_exists) {
    // Says whether a file or a folder is in the way.
    TRY(io::File never, create(hand.folder.fd(), name, item.path));
    return {};
  }
  if (copied_instead_++ == 0) {
    std::lock_guard lock(mutex_);
    const Error& error = linked.error();
    why_copied_ = error.detail.empty() ? error.message : error.detail;
  }
  return copy(*reader, item, hand.folder.fd(), name);
}

Outcome<void> ChannelFiles::copy(objects::Reader& reader, const Item& item, int folder, const std::string& name) {
  const std::uint64_t size = reader.object().size;
  // What the index keeps is small, and costs a FastFile channel what a link costs: it doesn't count.
  if (!options_.link || reader.file()) CHECK_OK(take_room((size + block - 1) / block * block));
  TRY(io::File file, create(folder, name, item.path));
  if (const auto blob = reader.file()) {
    CHECK_OK(io::copy_bytes(*blob, file, size, intake_.cancelled));
  } else {
    CHECK_OK(file.write_all(reader.memory().substr(0, size)));
  }
  if (!options_.dated) return {};
  const std::int64_t micros = reader.object().modified.micros;
  const timespec at{micros / 1'000'000, micros % 1'000'000 * 1000};
  const timespec times[2] = {at, at};
  if (::futimens(file.fd(), times) != 0) return io::system_error("futimens", item.path, errno);
  return {};
}

Outcome<io::File> ChannelFiles::create(int folder, const std::string& name, const std::string& path) {
  const int fd = ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) {
    struct stat info {};
    if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode))
      return validation("\"{}\" is both a file and a folder", path);
    return validation("two objects come to the same file \"{}\"", path);
  }
  if (fd < 0) return io::system_error("openat", path, errno);
  io::File file(fd);
  if (intake_.owner && ::fchown(fd, *intake_.owner, *intake_.owner) != 0)
    return io::system_error("fchown", path, errno);
  if (::fchmod(fd, 0644) != 0) return io::system_error("fchmod", path, errno);
  return file;
}

Outcome<void> ChannelFiles::write(const std::string& path, std::string_view text) {
  TRY(auto parts, io::safe_parts(path));
  if (parts.empty()) return validation("a file needs a name");
  CHECK_OK(take_room((text.size() + block - 1) / block * block));
  const std::string name = std::move(parts.back());
  parts.pop_back();
  CHECK_OK(enter(hand_, std::move(parts)));
  TRY(io::File file, create(hand_.folder.fd(), name, path));
  return file.write_all(text);
}

Outcome<void> ChannelFiles::enter(Hand& hand, std::vector<std::string> parts) {
  if (hand.folder && hand.parts == parts) return {};
  TRY(hand.folder, io::folder_below(folder_.fd(), parts, intake_.owner));
  hand.parts = std::move(parts);
  return {};
}

Outcome<void> ChannelFiles::take_room(std::uint64_t bytes) {
  std::uint64_t room = room_;
  do {
    if (bytes > room) {
      return validation(
          "The input data does not fit on the job's volume. Please ask for a larger one (VolumeSizeInGB).");
    }
  } while (!room_.compare_exchange_weak(room, room - bytes));
  return {};
}

Outcome<void> ChannelFiles::check_cancelled() const {
  if (intake_.cancelled && intake_.cancelled()) return make_error(ErrorKind::timed_out, "the download was given up");
  return {};
}

void ChannelFiles::failed(const Item& item, Error error) {
  std::lock_guard lock(mutex_);
  if (is_missing(error)) {
    missing_.push_back(item);
    if (!why_missing_) why_missing_ = std::move(error);
    if (missing_.size() < most_missing) return;
  } else if (!error_ || item.number < error_number_) {
    if (!is_ours(error) && error.message.find(item.from.key) == std::string::npos)
      error.message = fmt::format("Object {}: {}", item.from.str(), error.message);
    error_ = std::move(error);
    error_number_ = item.number;
  }
  stop_ = true;
  queue_.clear();
}

Outcome<void> ChannelFiles::outcome() {
  if (error_) return *error_;
  if (missing_.empty()) return {};
  std::sort(missing_.begin(), missing_.end(), [](const Item& a, const Item& b) { return a.number < b.number; });
  std::string names;
  for (const auto& item : missing_) names += (names.empty() ? "" : ", ") + item.from.str();
  return validation("Unable to download {} {} ({}: {})", missing_.size() == 1 ? "object" : "objects", names,
                    why_missing_->code, why_missing_->message);
}

}  // namespace clary::jobs
