#include "jobs/checkpoints.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "io/archive.hpp"
#include "jobs/channel_files.hpp"
#include "jobs/log.hpp"
#include "jobs/transfer_error.hpp"
#include "jobs/transfer_piece.hpp"

namespace clary::jobs {

namespace {

constexpr std::int64_t page = 1000;
constexpr std::size_t longest_key = 1024;

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

CheckpointSync::Version version_of(const struct stat& info) {
  return {info.st_ino, static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

// Whether somebody has the file open for writing: the kernel grants a read lease only where nobody has. The lease is
// given back at once; should a writer come in between, it is told by a signal that does nothing, unless it is asked for.
bool is_held_open(const io::File& file) {
  if (::fcntl(file.fd(), F_SETSIG, SIGURG) != 0) return false;
  if (::fcntl(file.fd(), F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  ::fcntl(file.fd(), F_SETLEASE, F_UNLCK);
  return false;
}

// Each object below the URI, as a prefix that ends at a folder.
Outcome<void> each_object(objects::Objects& objects, const S3Uri& uri,
                          const std::function<Outcome<void>(const objects::Object&, const std::string& name)>& each) {
  const std::string prefix = uri.key.empty() || uri.key.ends_with('/') ? uri.key : uri.key + "/";
  std::string after;
  for (bool more = true; more;) {
    TRY(auto listing, objects.list(uri.bucket, prefix, "", after, page));
    for (const auto& object : listing.objects) {
      if (!object.key.ends_with('/')) CHECK_OK(each(object, object.key.substr(prefix.size())));
    }
    more = listing.truncated && !listing.next.empty();
    after = listing.next;
  }
  return {};
}

Error checkpoint_error(const std::string& uri, Error error) {
  if (is_ours(error)) return error;
  return Error{
      ErrorKind::validation, fmt::format("The checkpoints \"{}\": {}", uri, error.message), error.detail, {}, {}};
}

// What a sandbox is made of.
bool is_taken(const std::string& part) {
  static const std::set<std::string, std::less<>> taken{"bin",  "dev", "etc",  "lib", "lib32", "lib64",
                                                        "proc", "run", "sbin", "sys", "usr"};
  return taken.contains(part);
}

}  // namespace

Outcome<CheckpointPlace> checkpoint_place(const std::string& local_path, const std::string& ml) {
  auto wrong = [&](std::string_view why) {
    return validation("CheckpointConfig.LocalPath \"{}\" cannot be used: {}", local_path.substr(0, 200), why);
  };
  if (!local_path.starts_with('/')) return wrong("it is not an absolute path");
  auto parts = io::safe_parts("." + local_path);
  if (!parts) return wrong(parts.error().message);
  if (parts->empty()) return wrong("it is the root folder");
  const bool below_ml = parts->size() >= 2 && (*parts)[0] == "opt" && (*parts)[1] == "ml";
  if (below_ml) {
    parts->erase(parts->begin(), parts->begin() + 2);
    if (parts->empty()) return wrong("it holds the job's other folders");
    for (const char* other : {"code", "input", "model", "output"}) {
      if (parts->front() == other) return wrong(fmt::format("/opt/ml/{} has a use of its own", other));
    }
    return CheckpointPlace{ml, *std::move(parts), std::nullopt};
  }
  if (is_taken(parts->front()) ||
      (parts->size() == 1 && (parts->front() == "opt" || parts->front() == "home" || parts->front() == "tmp")))
    return wrong("that folder belongs to the system");
  std::string inside;
  for (const auto& part : *parts) inside += "/" + part;
  const std::string folder = (std::filesystem::path(ml).parent_path() / "checkpoints").string();
  return CheckpointPlace{folder, {}, workers::Mount{folder, inside, true}};
}

Outcome<void> restore_checkpoints(Intake& intake, const std::string& text, const CheckpointPlace& place) {
  auto done = [&]() -> Outcome<void> {
    TRY(S3Uri uri, parse_s3_uri(text));
    CHECK_OK(check_bucket(intake.objects, intake.scope, uri.bucket));
    if (place.mount) CHECK_OK(io::make_folders(place.top, 0755));
    TRY(io::File top, io::File::open(place.top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    TRY(io::File folder, io::folder_below(top.fd(), place.parts, intake.owner));
    if (place.mount && intake.owner && ::fchown(folder.fd(), *intake.owner, *intake.owner) != 0)
      return io::system_error("fchown", place.top, errno);
    // As old as their objects: that is how one sees later that they have not changed.
    ChannelFiles files(intake, std::move(folder), {.dated = true});
    CHECK_OK(each_object(intake.objects, uri, [&](const objects::Object& object, const std::string& name) {
      return files.add({uri.bucket, object.key}, name);
    }));
    return files.finish();
  }();
  if (!done) return checkpoint_error(text, std::move(done).error());
  return done;
}

CheckpointSync::CheckpointSync(objects::Objects& objects, const std::string& uri, CheckpointPlace place,
                               CheckpointOptions options)
    : objects_(objects), place_(std::move(place)), options_(options) {
  auto parsed = parse_s3_uri(uri);
  if (!parsed) {
    wrong_uri_ = std::move(parsed).error();
    return;
  }
  uri_ = *std::move(parsed);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    log_.warn("checkpoints are put to {} at the end: no thread can be started: {}", uri_.str(), error.what());
  }
}

CheckpointSync::~CheckpointSync() {
  {
    std::lock_guard lock(mutex_);
    ending_ = dropped_ = true;
  }
  change_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Outcome<void> CheckpointSync::finish(const std::function<bool()>& cancelled) {
  if (wrong_uri_) return *wrong_uri_;
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    cancelled_ = cancelled;
  }
  change_.notify_all();
  // What it is putting there is not begun again.
  if (thread_.joinable()) thread_.join();
  auto done = look(true);
  if (!done) return checkpoint_error(uri_.str(), std::move(done).error());
  return done;
}

void CheckpointSync::run() {
  std::chrono::steady_clock::duration pause{0};
  bool told = false;
  std::unique_lock lock(mutex_);
  while (!change_.wait_for(lock, pause, [this] { return ending_; })) {
    lock.unlock();
    const auto before = std::chrono::steady_clock::now();
    putting_ = {};
    auto looked = look(false);
    if (!looked && !told && !ending()) {
      log_.warn("checkpoints cannot be put to {}, it will be tried again: {} {}", uri_.str(), looked.error().message,
                looked.error().detail);
    }
    told = !looked;
    // At most a twentieth of one core goes into looking, however many files there are.
    const auto looking = std::chrono::steady_clock::now() - before - putting_;
    pause = std::max<std::chrono::steady_clock::duration>(options_.look_every, 20 * looking);
    lock.lock();
  }
}

bool CheckpointSync::ending() const {
  std::lock_guard lock(mutex_);
  return ending_;
}

bool CheckpointSync::given_up() const {
  std::lock_guard lock(mutex_);
  return dropped_ || (cancelled_ && cancelled_());
}

Outcome<std::vector<io::File>> CheckpointSync::open() const {
  std::vector<io::File> tops;
  TRY(io::File folder, io::open_folder(place_.top, place_.parts));
  tops.push_back(std::move(folder));
  return tops;
}

// What S3 has of the files that are there: same size, and not older than the file.
Outcome<void> CheckpointSync::learn() {
  TRY(const auto tops, open());
  std::map<std::string, Version> here;
  CHECK_OK(io::walk(tops, [&](const io::Found& found) -> Outcome<void> {
    if (S_ISREG(found.info.st_mode)) here[found.name] = version_of(found.info);
    return {};
  }));
  CHECK_OK(each_object(objects_, uri_, [&](const objects::Object& object, const std::string& name) -> Outcome<void> {
    auto found = here.find(name);
    if (found == here.end()) return {};
    const Version& version = found->second;
    if (version.size != object.size || version.modified > object.modified.micros * 1000 + 999) return {};
    Known& known = files_[name];
    known.put = version;
    known.etag = object.etag;
    return {};
  }));
  learnt_ = true;
  return {};
}

Outcome<void> CheckpointSync::look(bool last) {
  if (!learnt_) CHECK_OK(learn());
  ++looks_;
  TRY(const auto tops, open());
  std::optional<Error> first;
  CHECK_OK(io::walk(tops, [&](const io::Found& found) -> Outcome<void> {
    if (given_up() || (!last && ending())) return make_error(ErrorKind::timed_out, "the upload was given up");
    // The name that AWS's containers give to a file while they write it.
    if (!S_ISREG(found.info.st_mode) || found.name.ends_with(".sagemaker-ignore")) return {};
    // One that cannot be put there doesn't keep the others from it.
    auto taken = take(found, last);
    if (!taken && taken.error().kind == ErrorKind::timed_out) return taken;
    if (!taken && !first) first = std::move(taken).error();
    return {};
  }));
  CHECK_OK(delete_gone());
  if (first) return *std::move(first);
  return {};
}

Outcome<void> CheckpointSync::take(const io::Found& found, bool last) {
  Known& known = files_[found.name];
  known.look = looks_;
  const Version version = version_of(found.info);
  if (known.put == version || !is_due(known, version, found, last)) return {};
  const auto before = std::chrono::steady_clock::now();
  auto done = put(found, version, known, last);
  putting_ += std::chrono::steady_clock::now() - before;
  return done;
}

bool CheckpointSync::is_due(Known& known, const Version& version, const io::Found& found, bool last) {
  if (last) return true;
  const auto now = std::chrono::steady_clock::now();
  if (known.seen != version) {
    known.seen = version;
    known.since = now;
    return false;
  }
  if (now - known.since >= options_.held_open) return true;
  auto file = io::open_found(found);
  return file && !is_held_open(*file);
}

Outcome<void> CheckpointSync::put(const io::Found& found, const Version& version, Known& known, bool last) {
  auto file = io::open_found(found);
  // Gone, or something else by now: the next look will see.
  if (!file) return last && file.error().kind != ErrorKind::not_found ? Outcome<void>(file.error()) : Outcome<void>();
  objects::Object object;
  object.key = key_of(found.name);
  if (object.key.size() > longest_key)
    return validation("the key \"{}...\" is longer than {} bytes", object.key.substr(0, 100), longest_key);
  object.headers["content-type"] = "binary/octet-stream";
  TRY(auto writer, objects_.create(uri_.bucket, std::move(object)));
  std::vector<char> buffer(std::min<std::uint64_t>(transfer_piece, version.size + 1));
  std::uint64_t total = 0;
  // What is beyond the size that was seen belongs to a later version.
  while (total < version.size) {
    if (given_up()) return make_error(ErrorKind::timed_out, "the upload was given up");
    TRY(std::size_t got, file->read(buffer.data(), std::min<std::uint64_t>(buffer.size(), version.size - total)));
    if (got == 0) break;
    CHECK_OK(writer->write({buffer.data(), got}));
    total += got;
  }
  struct stat info {};
  if (::fstat(file->fd(), &info) != 0) return io::system_error("fstat", found.name, errno);
  // Changed meanwhile: what was read may be half of this and half of that.
  Version now = version_of(info);
  // Taking its name away changes a file's times, not its bytes.
  if (info.st_nlink == 0) now.changed = version.changed;
  if (now != version) return {};
  TRY(auto stored, writer->commit());
  known.put = version;
  known.etag = stored.etag;
  return {};
}

Outcome<void> CheckpointSync::delete_gone() {
  for (auto each = files_.begin(); each != files_.end();) {
    const Known& known = each->second;
    if (known.look == looks_) {
      ++each;
      continue;
    }
    if (!known.etag.empty()) {
      objects::Condition same;
      same.if_match = known.etag;
      auto erased = objects_.erase(uri_.bucket, key_of(each->first), same);
      const bool other = !erased && (erased.error().code == "PreconditionFailed" || erased.error().code == "NoSuchKey");
      if (!erased && !other) return std::move(erased).error();
    }
    each = files_.erase(each);
  }
  return {};
}

}  // namespace clary::jobs
