#include "jobs/transform_inputs.hpp"

#include "jobs/manifest.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/training_inputs.hpp"

namespace clary::jobs {

namespace {

constexpr std::int64_t page_size = 1000;

}  // namespace

TransformInputs::TransformInputs(objects::Objects& objects, const Job& job, const TransformSpec& spec, std::size_t host,
                                 std::size_t hosts)
    : objects_(objects), scope_(job.scope), created_(job.created), spec_(spec), host_(host), hosts_(hosts) {}

Outcome<void> TransformInputs::open() {
  TRY(const S3Uri output, parse_s3_uri(spec_.output_path));
  output_bucket_ = output.bucket;
  output_key_ = output.key;
  TRY(const S3Uri input, parse_s3_uri(spec_.input_uri));
  bucket_ = input.bucket;
  key_ = input.key;
  auto owned = check_bucket(objects_, scope_, bucket_);
  if (!owned && owned.error().kind == ErrorKind::not_found)
    return nothing_found(scope_, spec_.role_arn, spec_.input_uri, bucket_);
  CHECK_OK(std::move(owned));
  opened_ = true;
  if (spec_.s3_data_type == "ManifestFile") return read_manifest();
  const auto slash = key_.rfind('/');
  prefix_ = S3Uri{bucket_, slash == std::string::npos ? "" : key_.substr(0, slash + 1)}.str();
  return {};
}

Outcome<void> TransformInputs::read_manifest() {
  auto bad = [&](const Error& why) {
    return validation("Manifest file \"{}\" is not valid: {}", spec_.input_uri, why.message);
  };
  auto reader = objects_.open(bucket_, key_);
  if (!reader && reader.error().kind == ErrorKind::not_found)
    return nothing_found(scope_, spec_.role_arn, spec_.input_uri, bucket_);
  if (!reader) return std::move(reader).error();
  const std::uint64_t size = (*reader)->object().size;
  if (size > longest_manifest) return bad(validation("it is larger than {} bytes", longest_manifest));
  std::string text(size, '\0');
  for (std::size_t used = 0; used < text.size();) {
    TRY(const std::size_t got, (*reader)->read(used, text.data() + used, text.size() - used));
    if (got == 0) return internal("a manifest of {} bytes gave {}", text.size(), used);
    used += got;
  }
  auto manifest = parse_manifest(text);
  if (!manifest) return bad(manifest.error());
  CHECK_OK(check_bucket(objects_, scope_, manifest->prefix.bucket));
  bucket_ = manifest->prefix.bucket;
  prefix_ = manifest->prefix.str();
  for (auto& name : manifest->names) entries_.push_back({manifest->prefix.key + name, std::move(name)});
  more_ = false;
  return {};
}

// An output that this job has made where its inputs stand.
bool TransformInputs::is_output(const objects::Object& object) const {
  return bucket_ == output_bucket_ && object.key.starts_with(output_key_) && object.key.ends_with(".out") &&
         object.modified >= created_;
}

// False: there was none.
Outcome<bool> TransformInputs::next_page() {
  if (!more_) return false;
  TRY(auto page, objects_.list(bucket_, key_, "", after_, page_size));
  entries_.clear();
  at_ = 0;
  for (const auto& object : page.objects) {
    if (is_output(object)) continue;
    auto path = path_in_channel(key_, object.key);
    if (!path) return validation("Object {}: {}", S3Uri{bucket_, object.key}.str(), path.error().message);
    if (*path) entries_.push_back({object.key, **std::move(path)});
  }
  more_ = page.truncated && !page.next.empty();
  after_ = page.next;
  return true;
}

Outcome<std::optional<transform::InputFile>> TransformInputs::next() {
  if (!opened_) CHECK_OK(open());
  while (true) {
    while (at_ < entries_.size()) {
      Entry& entry = entries_[at_++];
      if (counted_++ % hosts_ != host_) continue;
      transform::InputFile file;
      file.bucket = bucket_;
      file.key = std::move(entry.key);
      file.output_key = join_key(output_key_, entry.path) + ".out";
      return std::optional(std::move(file));
    }
    TRY(const bool any, next_page());
    if (any) continue;
    if (counted_ == 0) return nothing_found(scope_, spec_.role_arn, spec_.input_uri, bucket_);
    return std::optional<transform::InputFile>();
  }
}

}  // namespace clary::jobs
