// A host of a transform job at work: waits for its model server, asks it how it wants to be asked, and runs the pipeline
// over the host's files, keeping after each how far it is. Made by the task, owned by the machine's run. Thread rule: a
// thread of its own; the machine's calls from any. Invariant: what the progress says is done is in the object store, so
// that the next one goes on behind it.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>

#include "jobs/job_kind.hpp"
#include "jobs/transform_inputs.hpp"
#include "jobs/transform_job.hpp"

namespace clary::jobs {

struct TransformProgress {
  std::string after;        // the last input that is done, or has failed
  std::uint64_t files = 0;  // how many of the host's those are
  std::uint64_t records = 0, failed = 0;
  std::string first_failure;  // for FailureReason
  std::string encode() const;
  static TransformProgress decode(std::string_view text);
};

// Error::code of a verdict: the worker ended by itself, and how says why.
inline constexpr std::string_view server_ended = "ModelServerEnded";

class TransformHost : public Companion {
 public:
  // `server_workers`: how many requests the model server works on at a time where nobody says otherwise.
  TransformHost(objects::Objects& objects, const Clock& clock, const TransformSpec& spec, Job job, const Host& host, unsigned server_workers,
                HostNotes notes);
  ~TransformHost() override;

  void begin(std::function<void()> done) override;
  void give_up(const std::optional<workers::Exit>& exit) override;
  std::optional<Outcome<void>> verdict() const override;
  Outcome<void> finish(const std::function<bool()>& cancelled) override;

 private:
  Outcome<void> transform();
  Outcome<void> wait_for_server();
  Outcome<transform::Plan> make_plan();
  void ask_parameters(transform::Plan& plan, std::string& strategy) const;
  Outcome<std::optional<transform::InputFile>> next_file();
  Outcome<void> file_done(const transform::InputFile& file, const transform::FileReport& report);
  Outcome<void> file_failed(const transform::InputFile& file, const Error& error, const std::string& answer);
  Outcome<void> keep(const std::vector<std::string>& lines, const std::vector<std::string>& data_lines);
  std::string data_line(std::string_view text) const;
  Outcome<void> note_capture(const transform::InputFile& file);
  Outcome<void> capture();
  void decide(Outcome<void> how);

  objects::Objects& objects_;
  const Clock& clock_;
  const TransformSpec& spec_;
  const Job job_;
  const std::string host_;    // algo-1
  const std::string folder_;  // of the model server's socket
  const unsigned server_workers_;
  const HostNotes notes_;
  TransformInputs inputs_;
  TransformProgress progress_;
  std::uint64_t to_skip_ = 0;
  struct Captured {
    std::string input, output;
  };
  std::vector<Captured> captured_;  // since the last manifest of data capture
  std::uint64_t captures_ = 0;
  std::chrono::steady_clock::time_point started_;

  std::atomic<bool> given_up_{false};
  mutable std::mutex mutex_;
  std::optional<Outcome<void>> verdict_;
  std::thread thread_;
};

}  // namespace clary::jobs
