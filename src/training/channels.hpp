// What a training job's channels hold, as records: which content type, which files, and their reading. Reads files.
// Thread rule: one call at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "training/rows.hpp"

namespace clary::training {

enum class Content { csv, libsvm, parquet, recordio_protobuf };

// By a channel's ContentType; libsvm where it has none.
Outcome<Content> content_of(const std::optional<std::string>& content_type);

struct ChannelConfig {
  std::optional<std::string> content_type;
};

// inputdataconfig.json, checked: a channel `train` is there, beside it at most `validation` and `code`.
Outcome<std::map<std::string, ChannelConfig>> read_channels(const std::string& json);

// The data files below a folder, three levels deep at most, in the order of their names; of hidden ones an error.
Outcome<std::vector<std::string>> data_files(const std::string& folder);

struct Reading {
  Content content = Content::csv;
  bool csv_weights = false;
};

// All records of a channel's folder; nothing where it has no data.
Outcome<std::optional<Rows>> read_channel(const std::string& folder, const Reading& reading);

}  // namespace clary::training
