#include "jobs/training_outputs.hpp"

#include "io/archive.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/transfer_error.hpp"
#include "jobs/transfer_piece.hpp"

namespace clary::jobs {

namespace {

class Uploading {
 public:
  Uploading(objects::Objects& objects, S3Uri folder, const std::function<bool()>& cancelled)
      : objects_(objects), folder_(std::move(folder)), cancelled_(cancelled) {}

  Outcome<void> archive(const std::vector<std::string>& from, const std::string& name) {
    TRY(auto writer, create(name, "application/x-tar"));
    auto sink = [&](std::string_view data) { return writer->write(data); };
    TRY(auto packed, io::pack_tar_gz(from, sink, cancelled_));
    CHECK_OK(commit(*writer));
    note(packed);
    return {};
  }

  Outcome<void> files(const std::vector<std::string>& from, const std::string& name) {
    std::vector<char> buffer(transfer_piece);
    std::optional<Error> first;
    TRY(auto packed, io::each_file(from, [&](const std::string& below, io::File& file) -> Outcome<void> {
          auto done = put(file, name.empty() ? below : name + "/" + below, buffer);
          if (!go_on_after(std::move(done), first)) return *first;
          return {};
        }));
    note(packed);
    if (first) return *std::move(first);
    return {};
  }

  std::vector<std::string> left_out;

 private:
  Outcome<std::unique_ptr<objects::Writer>> create(const std::string& name, const std::string& type) {
    objects::Object object;
    object.key = join_key(folder_.key, name);
    if (object.key.size() > 1024)
      return validation("The key \"{}...\" is longer than 1024 bytes.", object.key.substr(0, 100));
    object.headers["content-type"] = type;
    return objects_.create(folder_.bucket, std::move(object));
  }
  Outcome<void> put(io::File& file, const std::string& name, std::vector<char>& buffer) {
    TRY(auto writer, create(name, "binary/octet-stream"));
    while (true) {
      if (cancelled_ && cancelled_()) return make_error(ErrorKind::timed_out, "the upload was given up");
      TRY(std::size_t got, file.read(buffer.data(), buffer.size()));
      if (got == 0) break;
      CHECK_OK(writer->write({buffer.data(), got}));
    }
    return commit(*writer);
  }
  static Outcome<void> commit(objects::Writer& writer) {
    auto object = writer.commit();
    if (!object) return std::move(object).error();
    return {};
  }
  void note(const io::Packed& packed) {
    left_out.insert(left_out.end(), packed.left_out.begin(), packed.left_out.end());
  }

  objects::Objects& objects_;
  S3Uri folder_;
  const std::function<bool()>& cancelled_;
};

Outcome<S3Uri> output_folder(const TrainingSpec& spec, const std::string& job) {
  TRY(S3Uri uri, parse_s3_uri(spec.output_path));
  uri.key = join_key(uri.key, job + "/output");
  return uri;
}

std::vector<std::string> with_files(const std::vector<std::string>& mls, const std::string& name) {
  std::vector<std::string> folders;
  for (const auto& ml : mls) {
    if (std::string folder = ml + "/" + name; io::has_files(folder)) folders.push_back(std::move(folder));
  }
  return folders;
}

Error upload_failed(Error error) {
  if (is_ours(error)) return error;
  return Error{ErrorKind::validation, "Artifact upload failed: " + error.message, error.detail, {}, {}};
}

}  // namespace

Outcome<std::string> model_address(const TrainingSpec& spec, const std::string& job) {
  TRY(S3Uri folder, output_folder(spec, job));
  return folder.str() + (spec.output_compression == "NONE" ? "/model/" : "/model.tar.gz");
}

Outcome<Artifacts> upload_artifacts(objects::Objects& objects, const TrainingSpec& spec, const std::string& job,
                                    const std::vector<std::string>& mls, const std::function<bool()>& cancelled) {
  const auto models = with_files(mls, "model"), outputs = with_files(mls, "output");
  const bool packed = spec.output_compression != "NONE";
  auto done = [&]() -> Outcome<Artifacts> {
    Artifacts artifacts;
    TRY(artifacts.model, model_address(spec, job));
    TRY(S3Uri folder, output_folder(spec, job));
    Uploading uploading(objects, std::move(folder), cancelled);
    auto put = [&](const std::vector<std::string>& from, const std::string& archive, const std::string& name) {
      if (from.empty()) return Outcome<void>();
      return packed ? uploading.archive(from, archive) : uploading.files(from, name);
    };
    std::optional<Error> first;
    if (go_on_after(put(models, "model.tar.gz", "model"), first)) go_on_after(put(outputs, "output.tar.gz", ""), first);
    if (first) return *std::move(first);
    artifacts.left_out = std::move(uploading.left_out);
    return artifacts;
  }();
  if (!done) return upload_failed(std::move(done).error());
  return done;
}

}  // namespace clary::jobs
