#include "jobs/processing_outputs.hpp"

#include <algorithm>
#include <ctime>
#include <optional>

#include "base/bytes.hpp"
#include "jobs/transfer_error.hpp"
#include "jobs/transfer_piece.hpp"

namespace clary::jobs {

namespace {

constexpr std::size_t longest_key = 1024;
constexpr std::size_t most_left_out = 100;

Error upload_failed(const ProcessingOutput& output, Error error) {
  if (is_ours(error)) return error;
  return Error{ErrorKind::validation,
               fmt::format("Failed to upload the processing output \"{}\": {}", output.name, error.message),
               error.detail,
               {},
               {}};
}

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// Whether a later change would show: a file system's times move on a few milliseconds at once, so one that has only just
// changed may change again unseen.
bool settled(std::int64_t changed) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - changed > 1'000'000'000;
}

Outcome<void> put_file(objects::Objects& objects, const std::string& bucket, const std::string& key, io::File& file,
                       const std::function<bool()>& cancelled) {
  if (key.size() > longest_key)
    return validation("The key \"{}...\" is longer than {} bytes.", key.substr(0, 100), longest_key);
  objects::Object object;
  object.key = key;
  object.headers["content-type"] = "binary/octet-stream";
  TRY(auto writer, objects.create(bucket, std::move(object)));
  std::vector<char> buffer(transfer_piece);
  while (true) {
    if (cancelled && cancelled()) return make_error(ErrorKind::timed_out, "the upload was given up");
    TRY(std::size_t got, file.read(buffer.data(), buffer.size()));
    if (got == 0) break;
    CHECK_OK(writer->write({buffer.data(), got}));
  }
  auto put = writer->commit();
  if (!put) return std::move(put).error();
  return {};
}

}  // namespace

ProcessingOutputs::ProcessingOutputs(objects::Objects& objects, std::vector<ProcessingOutput> outputs, std::string ml)
    : objects_(objects), outputs_(std::move(outputs)), ml_(std::move(ml)) {}

bool ProcessingOutputs::any_continuous() const {
  return std::any_of(outputs_.begin(), outputs_.end(), [](const ProcessingOutput& output) {
    return output.upload_mode == "Continuous" && !output.app_managed;
  });
}

Outcome<void> ProcessingOutputs::upload_changes(const std::function<bool()>& cancelled) {
  return upload_these(true, cancelled);
}

Outcome<void> ProcessingOutputs::upload_all(const std::function<bool()>& cancelled) {
  return upload_these(false, cancelled);
}

Outcome<void> ProcessingOutputs::upload_these(bool continuous_only, const std::function<bool()>& cancelled) {
  left_out_.clear();
  std::optional<Error> first;
  for (const auto& output : outputs_) {
    if (output.app_managed || (continuous_only && output.upload_mode != "Continuous")) continue;
    if (!go_on_after(upload(output, cancelled), first)) break;
  }
  if (first) return *std::move(first);
  return {};
}

Outcome<void> ProcessingOutputs::upload(const ProcessingOutput& output, const std::function<bool()>& cancelled) {
  auto done = [&]() -> Outcome<void> {
    TRY(S3Uri uri, parse_s3_uri(output.s3_uri));
    TRY(auto parts, processing_path(output.local_path));
    // Opened part by part: the job may have put a link in any part's place, and may be doing so right now.
    auto folder = io::open_folder(ml_, parts);
    if (!folder && folder.error().kind == ErrorKind::not_found) return {};
    if (!folder) return std::move(folder).error();
    std::vector<io::File> folders;
    folders.push_back(*std::move(folder));
    std::optional<Error> first;
    CHECK_OK(io::walk(folders, [&](const io::Found& found) -> Outcome<void> {
      if (S_ISDIR(found.info.st_mode)) return {};
      if (!S_ISREG(found.info.st_mode) || !is_valid_utf8(found.name)) {
        if (left_out_.size() < most_left_out) left_out_.push_back(to_valid_utf8(found.name));
        return {};
      }
      if (!go_on_after(bring(uri, found, uploaded_[output.name], cancelled), first)) return *first;
      return {};
    }));
    if (first) return *std::move(first);
    return {};
  }();
  if (!done) return upload_failed(output, std::move(done).error());
  return {};
}

Outcome<void> ProcessingOutputs::bring(const S3Uri& uri, const io::Found& found, Versions& versions,
                                       const std::function<bool()>& cancelled) {
  const Version version{found.info.st_ino, static_cast<std::uint64_t>(found.info.st_size),
                        nanoseconds(found.info.st_mtim), nanoseconds(found.info.st_ctim)};
  auto known = versions.find(found.name);
  if (known != versions.end() && known->second == version) return {};
  // Before it is read: what is written meanwhile is another version.
  const bool whole = settled(version.changed);
  auto file = io::open_found(found);
  if (!file && file.error().kind == ErrorKind::not_found) return {};
  if (!file) return std::move(file).error();
  CHECK_OK(put_file(objects_, uri.bucket, join_key(uri.key, found.name), *file, cancelled));
  if (whole) versions[found.name] = version;
  return {};
}

}  // namespace clary::jobs
