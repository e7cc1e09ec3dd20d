// DataProcessing of a transform job: what of a record goes to the model, and what of the record and its prediction goes
// into the output. CSV, JSON lines and JSON. A plain value, shared by the threads of a job. Invariant: what is neither
// cut nor joined keeps its bytes; one row of output for each row of input, or an Error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "transform/json_path.hpp"

namespace clary::transform {

struct DataProcessingSpec {
  std::string input_filter, output_filter;  // "", "$": all
  bool join_input = false;
  // Each row of output gets an id of its own, and this; empty: neither.
  std::string inference_time;
};

// The format of a MIME type.
enum class Format { other, csv, jsonlines, json };
Format format_of(std::string_view content_type);

// The rows of a text: its lines that are not empty, without their ends.
std::vector<std::string_view> rows_of(std::string_view text);
// The fields of a row, as they stand there with their quotes.
std::vector<std::string_view> csv_fields(std::string_view row);

class DataProcessing {
 public:
  // An Error for what cannot be, worded for CreateTransformJob.
  static Outcome<DataProcessing> make(const DataProcessingSpec& spec, std::string_view content_type, std::string_view accept);

  bool cuts_input() const { return !input_.all(); }
  bool makes_output() const { return join_ || !output_.all() || !inference_time_.empty(); }

  // What the rows of one record are: itself, or the lines of a whole file.
  std::vector<std::string_view> rows(std::string_view record) const;
  // Appends what the model gets of a row, with a newline.
  Outcome<void> cut_input(std::string_view row, std::string& payload) const;
  // Appends the output of rows that went to the model together, a line each. An Error's detail is empty; `failed` says
  // which row it was about, or nothing.
  Outcome<void> make_output(const std::vector<std::string_view>& rows, std::string_view answer, std::string& output,
                            std::size_t& failed) const;

 private:
  Outcome<std::string> joined_json(std::string_view row, std::string_view prediction) const;
  Outcome<void> csv_row(std::string_view row, std::string_view prediction, std::string& output) const;
  Outcome<void> json_row(std::string_view row, std::string_view prediction, std::string& output) const;

  JsonPath input_, output_;
  bool join_ = false;
  void append_inference(std::size_t start, std::string& output) const;
  Format format_ = Format::other;         // of the records
  Format output_format_ = Format::other;  // of what the model gives; with a join or a filter the same
  std::string inference_time_;
};

// The predictions in an answer for `count` rows: a line each; one line with as many fields; a JSON array of as many; the
// same below "predictions". An Error when it is none of them.
Outcome<std::vector<std::string_view>> predictions_of(Format format, std::string_view answer, std::size_t count);

}  // namespace clary::transform
