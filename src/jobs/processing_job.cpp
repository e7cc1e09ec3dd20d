#include "jobs/processing_job.hpp"

#include <set>

#include "io/archive.hpp"
#include "jobs/s3_uri.hpp"

namespace clary::jobs {

namespace {

constexpr std::string_view top = "/opt/ml/processing";

std::string normal(const std::vector<std::string>& parts) {
  std::string path = "/opt/ml";
  for (const auto& part : parts) path += "/" + part;
  return path;
}

Outcome<void> check_uri(const std::string& what, const std::string& name, const std::string& uri) {
  auto parsed = parse_s3_uri(uri);
  if (parsed) return {};
  return validation("Invalid S3Uri of the processing {} \"{}\": {}", what, name, parsed.error().message);
}

// Names and paths that were seen so far.
struct Seen {
  std::set<std::string> names, paths;

  Outcome<void> name(const std::string& what, const std::string& name) {
    if (names.insert(name).second) return {};
    return validation("Processing {} names must be unique: \"{}\" is given more than once.", what, name);
  }
  Outcome<void> path(const std::string& what, const std::string& name, const std::string& local_path) {
    auto parts = processing_path(local_path);
    if (!parts) return validation("Processing {} \"{}\": {}", what, name, parts.error().message);
    if (paths.insert(normal(*parts)).second) return {};
    return validation("Processing {} \"{}\": the LocalPath \"{}\" is given to more than one input or output.", what,
                      name, local_path);
  }
};

Outcome<void> check_input(const ProcessingInput& input, Seen& taken) {
  CHECK_OK(check_uri("input", input.name, input.s3_uri));
  if (input.input_mode == "Pipe")
    return validation("Processing input \"{}\": the S3InputMode Pipe is not served; use File.", input.name);
  if (input.compression == "Gzip")
    return validation("Processing input \"{}\": the S3CompressionType Gzip can only be used with the S3InputMode Pipe.",
                      input.name);
  if (input.app_managed && input.local_path.empty()) return {};
  if (input.local_path.empty())
    return validation("Processing input \"{}\": LocalPath is required when AppManaged is false.", input.name);
  return taken.path("input", input.name, input.local_path);
}

Outcome<void> check_output(const ProcessingOutput& output, Seen& taken) {
  CHECK_OK(check_uri("output", output.name, output.s3_uri));
  if (output.app_managed && output.local_path.empty()) return {};
  if (output.local_path.empty())
    return validation("Processing output \"{}\": LocalPath is required when AppManaged is false.", output.name);
  return taken.path("output", output.name, output.local_path);
}

}  // namespace

Outcome<std::vector<std::string>> processing_path(const std::string& local_path) {
  auto wrong = [&] { return validation("LocalPath must begin with {}/, and \"{}\" does not.", top, local_path); };
  if (!local_path.starts_with(top)) return wrong();
  const std::string below = local_path.substr(top.size());
  if (!below.empty() && !below.starts_with('/')) return wrong();
  auto parts = io::safe_parts("processing" + below);
  if (!parts) return validation("LocalPath \"{}\" is no path of a folder: {}", local_path, parts.error().message);
  return parts;
}

Outcome<void> check_processing_spec(const ProcessingSpec& spec) {
  Seen taken;
  for (const auto& input : spec.inputs) {
    CHECK_OK(taken.name("input", input.name));
    CHECK_OK(check_input(input, taken));
  }
  taken.names.clear();
  for (const auto& output : spec.outputs) {
    CHECK_OK(taken.name("output", output.name));
    CHECK_OK(check_output(output, taken));
  }
  return {};
}

}  // namespace clary::jobs
