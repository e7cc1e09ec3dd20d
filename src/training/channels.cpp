#include "training/channels.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fmt/ranges.h>

#include "io/file.hpp"
#include "training/failure.hpp"
#include "training/parquet.hpp"
#include "training/say.hpp"

namespace clary::training {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr int deepest = 3;
constexpr std::size_t largest_file = std::size_t{1} << 40;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return result;
}

std::string without_spaces(std::string_view text) {
  std::string result(text);
  std::erase(result, ' ');
  return result;
}

Outcome<void> collect(const fs::path& folder, int depth, std::vector<std::string>& files, bool& too_deep) {
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    const std::string name = entry->path().filename();
    std::error_code kind;
    if (entry->is_directory(kind)) {
      if (depth == deepest) {
        too_deep = true;
      } else {
        CHECK_OK(collect(entry->path(), depth + 1, files, too_deep));
      }
    } else if (entry->is_regular_file(kind)) {
      if (name.starts_with('.')) return user_error("Hidden file found in the data path! Remove that before training.");
      if (!name.starts_with('_')) files.push_back(entry->path());
    }
  }
  if (code) return user_error("{} is not a valid path!", folder.filename().string());
  return {};
}

// The files of one channel, added one after the other.
class FileReader {
 public:
  FileReader(Rows& rows, const Reading& reading) : rows_(rows), reading_(reading) {
    if (reading.content == Content::libsvm) libsvm_.emplace(rows);
  }

  Outcome<void> add(const Source& source) {
    if (libsvm_) return libsvm_->add(source);
    if (reading_.content == Content::parquet) return add_parquet(rows_, source);
    TRY(const char delimiter, csv_delimiter(source.text));
    if (delimiter != delimiter_) say("Determined delimiter of CSV input is '{}'", delimiter);
    delimiter_ = delimiter;
    return add_csv(rows_, source, delimiter, reading_.csv_weights);
  }

 private:
  Rows& rows_;
  const Reading& reading_;
  std::optional<LibsvmReader> libsvm_;
  char delimiter_ = 0;  // the last file's
};

}  // namespace

Outcome<Content> content_of(const std::optional<std::string>& content_type) {
  if (!content_type) return Content::libsvm;
  const std::string given = lower(*content_type);
  const std::string type = without_spaces(given.substr(0, given.find(';')));
  if (type == "csv" || type == "text/csv") {
    const std::string rest = without_spaces(given);
    const auto at = rest.find("label_size=");
    if (at != std::string::npos && rest.substr(at + 11, rest.find(';', at) - at - 11) != "1") {
      return user_error("{} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1",
                        printable(*content_type));
    }
    return Content::csv;
  }
  if (type == "libsvm" || type == "text/libsvm" || type == "text/x-libsvm") return Content::libsvm;
  if (type == "parquet" || type == "application/x-parquet") return Content::parquet;
  if (type == "recordio-protobuf" || type == "application/x-recordio-protobuf") return Content::recordio_protobuf;
  return user_error(
      "{} is not an accepted ContentType: csv, libsvm, parquet, recordio-protobuf, text/csv, text/libsvm, "
      "text/x-libsvm, application/x-parquet, application/x-recordio-protobuf.",
      printable(*content_type));
}

Outcome<std::map<std::string, ChannelConfig>> read_channels(const std::string& text) {
  boost::system::error_code code;
  const json::value value = json::parse(text, code);
  if (code || !value.is_object()) return algorithm_failure("inputdataconfig.json is not a JSON object");
  std::map<std::string, ChannelConfig> channels;
  for (const auto& [name, config] : value.get_object()) {
    if (name != "train" && name != "validation" && name != "code")
      return user_error("Extraneous channel found: {}", printable(name));
    ChannelConfig& channel = channels[std::string(name)];
    if (!config.is_object()) continue;
    const auto* type = config.get_object().if_contains("ContentType");
    if (type != nullptr && type->is_string()) channel.content_type = std::string(type->get_string());
  }
  if (!channels.contains("train")) return user_error("Missing required channel: train");
  return channels;
}

Outcome<std::vector<std::string>> data_files(const std::string& folder) {
  std::vector<std::string> files;
  if (!io::exists(folder)) return files;
  bool too_deep = false;
  CHECK_OK(collect(folder, 1, files, too_deep));
  if (too_deep) {
    say("The depth of folder {} exceed the limit {}. Files in deeper sub dirs won't be loaded. Please adjust the "
        "folder "
        "structure accordingly.",
        folder, deepest);
  }
  std::sort(files.begin(), files.end());
  return files;
}

Outcome<std::optional<Rows>> read_channel(const std::string& folder, const Reading& reading) {
  if (reading.content == Content::recordio_protobuf)
    return user_error("recordio-protobuf is not served here: please give the data as csv, libsvm or parquet.");
  TRY(const auto files, data_files(folder));
  Rows rows;
  FileReader reader(rows, reading);
  for (const auto& path : files) {
    TRY(const std::string text, io::read_file(path, largest_file));
    if (text.empty()) continue;
    const std::string name = fs::path(path).lexically_relative(folder);
    CHECK_OK(reader.add({name, text}));
  }
  if (rows.count() == 0) return std::optional<Rows>();
  return std::optional<Rows>(std::move(rows));
}

}  // namespace clary::training
