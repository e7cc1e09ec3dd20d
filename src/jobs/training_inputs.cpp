#include "jobs/training_inputs.hpp"

#include <boost/json.hpp>
#include <cerrno>
#include <fcntl.h>
#include <numeric>
#include <set>
#include <sys/stat.h>

#include "io/archive.hpp"
#include "jobs/channel_files.hpp"
#include "jobs/channel_share.hpp"
#include "jobs/manifest.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/transfer_error.hpp"
#include "jobs/transfer_piece.hpp"

namespace clary::jobs {

namespace {

// Keeps the kinds that mean more than "this input is wrong".
Error download_failed(Error error) {
  if (is_ours(error)) return error;
  return Error{ErrorKind::validation, "Data download failed: " + error.message, error.detail, {}, {}};
}

Outcome<std::unique_ptr<objects::Reader>> open_object(const Intake& intake, const S3Uri& uri) {
  auto reader = intake.objects.open(uri.bucket, uri.key);
  if (reader || reader.error().kind == ErrorKind::internal || reader.error().kind == ErrorKind::unavailable)
    return reader;
  return validation("Unable to download object {} ({}: {})", uri.str(), reader.error().code, reader.error().message);
}

io::ByteSource source_of(objects::Reader& reader) {
  return [&reader, offset = std::uint64_t{0}](char* data, std::size_t size) mutable -> Outcome<std::size_t> {
    TRY(std::size_t got, reader.read(offset, data, size));
    offset += got;
    return got;
  };
}

ChannelShare share_of(const Intake& intake, const Channel& channel) {
  return ChannelShare(channel.distribution == "ShardedByS3Key", intake.host, intake.hosts, channel.shuffle_seed);
}

Outcome<void> fetch_prefix(Intake& intake, const Channel& channel, const S3Uri& uri, ChannelFiles& files) {
  auto owned = check_bucket(intake.objects, intake.scope, uri.bucket);
  if (!owned) {
    if (owned.error().kind == ErrorKind::internal || owned.error().kind == ErrorKind::unavailable) return owned;
    return nothing_found(intake.scope, intake.role_arn, channel.s3_uri, uri.bucket);
  }
  ChannelShare share = share_of(intake, channel);
  std::string after;
  bool any = false, more = true;
  while (more) {
    TRY(auto page, intake.objects.list(uri.bucket, uri.key, "", after, intake.page));
    for (const auto& object : page.objects) {
      any = true;
      auto path = path_in_channel(uri.key, object.key);
      if (!path) return validation("Object {}: {}", S3Uri{uri.bucket, object.key}.str(), path.error().message);
      if (!*path || !share.takes_next()) continue;
      CHECK_OK(files.add({uri.bucket, object.key}, **path));
    }
    more = page.truncated && !page.next.empty();
    after = page.next;
  }
  if (!any) return nothing_found(intake.scope, intake.role_arn, channel.s3_uri, uri.bucket);
  return {};
}

Outcome<std::string> read_manifest(Intake& intake, const S3Uri& uri) {
  CHECK_OK(check_bucket(intake.objects, intake.scope, uri.bucket));
  TRY(auto reader, open_object(intake, uri));
  if (reader->object().size > longest_manifest) {
    return validation("Manifest file \"{}\" is not valid: the manifest is larger than {} bytes", uri.str(),
                      longest_manifest);
  }
  std::string text(reader->object().size, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    TRY(std::size_t got, reader->read(used, text.data() + used, std::min(transfer_piece, text.size() - used)));
    if (got == 0) return internal("a manifest of {} bytes gave {}", text.size(), used);
    used += got;
  }
  return text;
}

Error bad_manifest(const S3Uri& uri, const Error& why) {
  return validation("Manifest file \"{}\" is not valid: {}", uri.str(), why.message);
}

Outcome<void> fetch_manifest(Intake& intake, const Channel& channel, const S3Uri& uri, ChannelFiles& files) {
  TRY(const std::string text, read_manifest(intake, uri));
  auto manifest = parse_manifest(text);
  if (!manifest) return bad_manifest(uri, manifest.error());
  CHECK_OK(check_bucket(intake.objects, intake.scope, manifest->prefix.bucket));
  ChannelShare share = share_of(intake, channel);
  for (auto& name : manifest->names) {
    if (!share.takes_next()) continue;
    S3Uri object{manifest->prefix.bucket, manifest->prefix.key + name};
    CHECK_OK(files.add(std::move(object), std::move(name)));
  }
  return {};
}

Outcome<void> fetch_augmented(Intake& intake, const Channel& channel, const S3Uri& uri, ChannelFiles& files) {
  if (channel.attribute_names.empty())
    return validation("Channel \"{}\": an AugmentedManifestFile needs AttributeNames.", channel.name);
  TRY(const std::string text, read_manifest(intake, uri));
  auto lines = manifest_lines(text);
  if (!lines) return bad_manifest(uri, lines.error());
  std::vector<std::size_t> order(lines->size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (channel.shuffle_seed) shuffle(order, mixed(static_cast<std::uint64_t>(*channel.shuffle_seed)));

  // The order is dealt already: the lines go round in it.
  ChannelShare share(channel.distribution == "ShardedByS3Key", intake.host, intake.hosts, std::nullopt);
  std::set<std::string, std::less<>> owned, taken;
  std::string mine;
  for (const std::size_t at : order) {
    if (!share.takes_next()) continue;
    auto line = parse_augmented_line((*lines)[at], channel.attribute_names);
    if (!line) return validation("Manifest file \"{}\", record {}: {}", uri.str(), at + 1, line.error().message);
    mine += line->text + "\n";
    for (auto& object : line->objects) {
      if (!owned.contains(object.bucket)) CHECK_OK(check_bucket(intake.objects, intake.scope, object.bucket));
      owned.insert(object.bucket);
      if (!taken.insert(object.str()).second) continue;
      std::string path = object.key;
      CHECK_OK(files.add(std::move(object), std::move(path)));
    }
  }
  return files.write(uri.key.substr(uri.key.rfind('/') + 1), mine);
}

Outcome<void> fetch_into(Intake& intake, const Channel& channel, const S3Uri& uri, ChannelFiles& files) {
  if (channel.s3_data_type == "S3Prefix") return fetch_prefix(intake, channel, uri, files);
  if (channel.s3_data_type == "ManifestFile") return fetch_manifest(intake, channel, uri, files);
  if (channel.s3_data_type == "AugmentedManifestFile") return fetch_augmented(intake, channel, uri, files);
  return validation(
      "Channel \"{}\" asks for the S3DataType {}, which is not served here; S3Prefix, ManifestFile and "
      "AugmentedManifestFile are.",
      channel.name, channel.s3_data_type);
}

Outcome<void> check_channel(Intake& intake, const Channel& channel) {
  if (channel.input_mode == "Pipe") {
    return validation("Channel \"{}\" asks for the input mode Pipe, which is not served here; File and FastFile are.",
                      channel.name);
  }
  if (channel.input_mode == "FastFile" && channel.s3_data_type == "AugmentedManifestFile") {
    return validation(
        "Channel \"{}\": augmented manifest files are not supported in the input mode FastFile; use File.",
        channel.name);
  }
  if (channel.compression != "None") {
    intake.notes.push_back(fmt::format(
        "Channel \"{}\": CompressionType {} means something in Pipe mode alone; the files are as they are in S3.",
        channel.name, channel.compression));
  }
  if (channel.record_wrapper != "None") {
    intake.notes.push_back(fmt::format("Channel \"{}\": RecordWrapperType {} means something in Pipe mode alone.",
                                       channel.name, channel.record_wrapper));
  }
  return {};
}

Outcome<void> fetch(Intake& intake, const Channel& channel, std::string folder) {
  TRY(S3Uri uri, parse_s3_uri(channel.s3_uri));
  CHECK_OK(check_channel(intake, channel));
  const bool lazy = channel.input_mode == "FastFile" && !intake.lazy_folder.empty();
  if (lazy) {
    folder = intake.lazy_folder + "/" + channel.name;
    CHECK_OK(io::make_folders(folder, 0755));
  } else if (channel.input_mode == "FastFile") {
    intake.notes.push_back(
        fmt::format("Channel \"{}\": FastFile needs workers that are isolated; its files are copied, as in File mode.",
                    channel.name));
  }
  TRY(io::File opened, io::File::open(folder, O_RDONLY | O_DIRECTORY));
  // Whatever the server's umask: the job has a user of its own.
  if (lazy && ::fchmod(opened.fd(), 0755) != 0) return io::system_error("fchmod", folder, errno);
  ChannelFiles files(intake, std::move(opened), {.link = lazy});
  CHECK_OK(fetch_into(intake, channel, uri, files));
  CHECK_OK(files.finish());
  if (files.copied_instead() > 0) {
    intake.notes.push_back(
        fmt::format("Channel \"{}\": FastFile is not possible here for {} of its files, which are "
                    "copied, as in File mode ({}).",
                    channel.name, files.copied_instead(), files.why_copied()));
  }
  return {};
}

}  // namespace

Error nothing_found(const Scope& scope, const std::string& role_arn, std::string_view url, const std::string& bucket) {
  return validation(
      "No S3 objects found under S3 URL \"{}\" given in input data source. Please ensure that the bucket exists in the "
      "selected region ({}), that objects exist under that S3 prefix, and that the role \"{}\" has \"s3:ListBucket\" "
      "permissions on bucket \"{}\".",
      url, scope.region, role_arn, bucket);
}

Outcome<void> check_bucket(objects::Objects& objects, const Scope& scope, const std::string& name) {
  auto bucket = objects.bucket(name);
  if (bucket && bucket->owner.account == scope.account) return {};
  if (!bucket && bucket.error().kind != ErrorKind::not_found) return std::move(bucket).error();
  return make_error(ErrorKind::not_found, "The S3 bucket \"{}\" does not exist, or belongs to another account.", name);
}

Outcome<std::optional<std::string>> path_in_channel(std::string_view prefix, std::string_view key) {
  if (key.ends_with('/')) return std::optional<std::string>();
  std::string_view rest = key.substr(std::min(prefix.size(), key.size()));
  // A prefix that ends within a name ("train" for "training.csv" too, or the whole of a key) gives what follows its
  // last slash.
  if (!prefix.empty() && !prefix.ends_with('/') && !rest.starts_with('/')) {
    auto slash = prefix.rfind('/');
    rest = key.substr(slash == std::string_view::npos ? 0 : slash + 1);
  }
  while (rest.starts_with('/')) rest.remove_prefix(1);
  TRY(auto parts, io::safe_parts(rest));
  if (parts.empty()) return validation("its key leaves no file name");
  return std::optional<std::string>(rest);
}

Outcome<void> fetch_channel(Intake& intake, const Channel& channel, const std::string& folder) {
  auto done = fetch(intake, channel, folder);
  if (!done) return download_failed(std::move(done).error());
  return {};
}

std::optional<std::string> source_uri(const TrainingSpec& spec) {
  auto found = spec.hyperparameters.find("sagemaker_submit_directory");
  if (found == spec.hyperparameters.end()) return std::nullopt;
  std::string uri = found->second;
  if (uri.starts_with('"')) {
    boost::system::error_code code;
    auto value = boost::json::parse(uri, code);
    if (!code && value.is_string()) uri = value.get_string();
  }
  if (!uri.starts_with("s3://")) return std::nullopt;
  return uri;
}

Outcome<void> fetch_source(Intake& intake, const std::string& text, const std::string& folder) {
  auto done = [&]() -> Outcome<void> {
    TRY(S3Uri uri, parse_s3_uri(text));
    CHECK_OK(check_bucket(intake.objects, intake.scope, uri.bucket));
    TRY(auto reader, open_object(intake, uri));
    io::UnpackOptions options;
    options.limits.bytes = intake.room;
    options.owner = intake.owner;
    options.cancelled = intake.cancelled;
    TRY(auto unpacked, io::unpack(source_of(*reader), folder, options));
    intake.room -= std::min(intake.room, unpacked.bytes);
    return {};
  }();
  if (done) return done;
  Error error = std::move(done).error();
  if (is_ours(error)) return error;
  return validation("The source code \"{}\" (hyperparameter sagemaker_submit_directory) cannot be used: {}", text,
                    error.message);
}

}  // namespace clary::jobs
