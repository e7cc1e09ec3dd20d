// What one host of a transform job does: files in, records cut and put into payloads, payloads sent to the host's model
// server, answers written to the outputs. One thread reads, several ask, one writes. Owned by the call of run(), which
// blocks. Thread rule: the Desk's functions are each called on one thread at a time; `cancelled` on all.
// Invariant: outputs are in the order of their inputs; one is in the object store whole or not at all; however large the
// files are, no more than a few payloads of them are held.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/outcome.hpp"
#include "objects/objects.hpp"
#include "transform/data_processing.hpp"
#include "transform/records.hpp"

namespace clary::transform {

struct Plan {
  Split split = Split::none;
  bool single_record = false;
  bool line_assembly = false;  // a newline after each answer that has none
  std::uint64_t payload = 6 << 20;  // bytes at the most; 0: a file, or record, is streamed whole
  std::string content_type, accept;
  bool gzip = false;
  DataProcessing processing;
  std::chrono::seconds timeout{600};
  int retries = 3;
  unsigned concurrency = 1;
};

struct InputFile {
  std::string bucket, key;
  std::string output_key;
  std::string name() const { return bucket + "/" + key; }
};

struct FileReport {
  std::uint64_t records = 0, empty_lines = 0, input_bytes = 0, output_bytes = 0;
  std::chrono::milliseconds took{0};
};

// Whom a pipeline works for.
struct Desk {
  std::function<Outcome<std::optional<InputFile>>()> next;
  // The output is there. An Error ends the pipeline.
  std::function<Outcome<void>(const InputFile&, const FileReport&)> finished;
  // It is not, and the pipeline goes on with the next file. `answer`: what the model said, maybe nothing.
  std::function<Outcome<void>(const InputFile&, const Error&, const std::string& answer)> failed;
  std::function<bool()> cancelled;
};

// `folder`: where the model server has its socket. An Error is one of this side (timed_out: cancelled), or of listing the
// inputs; those of files go to the desk.
Outcome<void> run(objects::Objects& objects, const std::string& output_bucket, const Plan& plan,
                  const std::string& folder, const Desk& desk);

}  // namespace clary::transform
