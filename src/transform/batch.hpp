// One request of a transform job on its way from the reader over a sender to the writer, and the line that keeps all of
// them in order. Owned by a pipeline. Thread rule: a Batch belongs to whoever took it last; Line: any thread.
// Invariant: the line is bounded, by number and by bytes; who waits on it is woken when it is closed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "transform/pipeline.hpp"

namespace clary::transform {

// A file between its first batch and its last.
struct OpenFile {
  InputFile input;
  std::atomic<bool> failed{false};  // the rest of it is of no use
  bool told = false;                // the writer has said so
  std::unique_ptr<objects::Writer> output;
  FileReport report;
  std::chrono::steady_clock::time_point started;
};

struct Batch {
  enum class Kind { payload, stream, end } kind = Kind::payload;  // stream: the whole file, read by who sends it
  std::shared_ptr<OpenFile> file;
  std::string payload;
  std::uint64_t first = 0, last = 0;  // numbers of its records in the file
  std::uint64_t records = 0;
  // What DataProcessing joins: the rows, end to end, and where each ends.
  std::string rows;
  std::vector<std::size_t> row_ends;

  std::string answer, answer_type;
  std::optional<Error> error;  // and then `answer` is what the model said
  bool done = false;
  std::size_t weight = 0;  // in the line
};

class Line {
 public:
  explicit Line(unsigned senders) : senders_(senders) {}
  // Waits for room. False, here and below: it is closed.
  bool add(std::shared_ptr<Batch> batch);
  // The next one that is to be sent; null: there will be none.
  std::shared_ptr<Batch> take();
  void done(Batch& batch);
  // The first in order, once it is done; null: there will be none.
  std::shared_ptr<Batch> first_done();
  void end();    // nothing more is added
  void close();  // all who wait give up
  bool closed() const { return closed_; }
  // Waits until it is closed, at the longest so long.
  void pause(std::chrono::milliseconds time);

 private:
  bool full() const;
  const unsigned senders_;
  std::mutex mutex_;
  std::condition_variable change_;
  std::deque<std::shared_ptr<Batch>> in_order_, to_send_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
  std::atomic<bool> closed_{false};
};

}  // namespace clary::transform
