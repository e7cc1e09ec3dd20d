// Puts objects into a channel's folder, several at a time: an object a file, copied (or linked, for FastFile). The caller
// is one of the hands; more are threads that start when there is enough to do. Owned by one call of fetch_channel().
// Thread rule: add(), write() and finish() from one thread. Invariant: the queue is bounded; nothing is written outside
// the folder, and no file over another; the room of the job's volume is never overdrawn.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "io/file.hpp"
#include "jobs/s3_uri.hpp"
#include "jobs/training_inputs.hpp"

namespace clary::jobs {

class ChannelFiles {
 public:
  struct Options {
    bool link = false;   // make the files links to the objects' bytes, where that can be
    bool dated = false;  // a file is as old as its object
  };
  ChannelFiles(Intake& intake, io::File folder, Options options);
  ~ChannelFiles();

  // The object goes to `path` below the folder. An Error: what went wrong with this one or an earlier one.
  Outcome<void> add(S3Uri from, std::string path);
  // A file of our own making.
  Outcome<void> write(const std::string& path, std::string_view text);
  // Waits for all. Objects that were not there are named, up to ten of them; of other errors the first object's counts.
  Outcome<void> finish();
  // How many files of a FastFile channel were copied although their bytes are in files of their own, and why the first.
  std::uint64_t copied_instead() const { return copied_instead_; }
  const std::string& why_copied() const { return why_copied_; }  // after finish()

 private:
  struct Item {
    std::uint64_t number = 0;
    S3Uri from;
    std::string path;
  };
  // What a hand remembers between files: most go to the folder that the one before went to.
  struct Hand {
    std::vector<std::string> parts;
    io::File folder;
  };

  void work();
  void start_hands();
  std::optional<Item> next();
  bool work_one(Hand& hand);
  Outcome<void> place(const Item& item, Hand& hand);
  Outcome<void> copy(objects::Reader& reader, const Item& item, int folder, const std::string& name);
  Outcome<io::File> create(int folder, const std::string& name, const std::string& path);
  Outcome<void> enter(Hand& hand, std::vector<std::string> parts);
  Outcome<void> take_room(std::uint64_t bytes);
  Outcome<void> check_cancelled() const;
  void failed(const Item& item, Error error);
  Outcome<void> outcome();

  Intake& intake_;
  const io::File folder_;
  const Options options_;
  std::atomic<std::uint64_t> room_;
  std::atomic<std::uint64_t> copied_instead_{0};
  Hand hand_;  // the caller's

  std::mutex mutex_;
  std::condition_variable change_;
  std::deque<Item> queue_;
  bool ended_ = false;
  std::atomic<bool> stop_{false};  // after an error that makes going on useless
  std::uint64_t count_ = 0;
  std::vector<Item> missing_;
  std::optional<Error> why_missing_;
  std::optional<Error> error_;
  std::uint64_t error_number_ = 0;
  std::string why_copied_;
  std::vector<std::thread> hands_;
  bool alone_ = false;  // no thread could be started
};

}  // namespace clary::jobs
