#include "jobs/processing_inputs.hpp"

#include <fcntl.h>

#include "io/archive.hpp"
#include "jobs/s3_uri.hpp"

namespace clary::jobs {

namespace {

Channel to_channel(const ProcessingInput& input) {
  Channel channel;
  channel.name = input.name;
  channel.s3_data_type = input.s3_data_type;
  channel.s3_uri = input.s3_uri;
  channel.distribution = input.distribution;
  channel.compression = input.compression;
  channel.input_mode = input.input_mode;
  return channel;
}

Outcome<void> make_folder(int top, const std::vector<std::string>& parts, std::optional<unsigned> owner) {
  auto made = io::folder_below(top, parts, owner);
  if (!made) return std::move(made).error();
  return {};
}

}  // namespace

Outcome<void> make_processing_folders(const ProcessingSpec& spec, const std::string& ml,
                                      std::optional<unsigned> owner) {
  TRY(io::File top, io::File::open(ml, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  std::vector<std::vector<std::string>> folders{{"code"}, {"config"}, {"output"}, {"processing"}};
  for (const auto& input : spec.inputs) {
    if (input.local_path.empty()) continue;
    TRY(auto parts, processing_path(input.local_path));
    folders.push_back(std::move(parts));
  }
  for (const auto& output : spec.outputs) {
    if (output.local_path.empty()) continue;
    TRY(auto parts, processing_path(output.local_path));
    folders.push_back(std::move(parts));
  }
  for (const auto& parts : folders) {
    auto made = make_folder(top.fd(), parts, owner);
    if (!made) return made;
  }
  return {};
}

Outcome<void> fetch_processing_inputs(Intake& intake, const ProcessingSpec& spec, const std::string& ml) {
  for (const auto& input : spec.inputs) {
    if (input.app_managed) continue;
    TRY(auto parts, processing_path(input.local_path));
    std::string folder = ml;
    for (const auto& part : parts) folder += "/" + part;
    CHECK_OK(fetch_channel(intake, to_channel(input), folder));
  }
  return {};
}

Outcome<void> check_processing_outputs(objects::Objects& objects, const Scope& scope, const ProcessingSpec& spec) {
  for (const auto& output : spec.outputs) {
    if (output.app_managed) continue;
    TRY(S3Uri uri, parse_s3_uri(output.s3_uri));
    auto usable = check_bucket(objects, scope, uri.bucket);
    if (usable) continue;
    const auto kind = usable.error().kind;
    if (kind == ErrorKind::internal || kind == ErrorKind::unavailable) return usable;
    return validation("The processing output \"{}\" cannot go to \"{}\": {}", output.name, output.s3_uri,
                      usable.error().message);
  }
  return {};
}

}  // namespace clary::jobs
