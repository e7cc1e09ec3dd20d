// MD5 computed beside the thread that writes: it is the slowest of the sums, so a long stream gives it a thread of its
// own, unless so many come in at once that their pieces are better put together (md5.hpp). Owned by one stream; push()
// and finish() from that stream's thread. Invariant: a buffer that was pushed is not touched again before
// wait_until_done(count) says so, and at most the caller's ring of buffers is in flight.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "objects/md5.hpp"

namespace clary::objects {

class HashThread {
 public:
  // `streams`: how many long ones come in now. They find a core each while there is one for each two cores.
  static bool is_worthwhile(unsigned streams);

  HashThread(Md5 md5, std::size_t ring);
  ~HashThread();
  HashThread(const HashThread&) = delete;
  HashThread& operator=(const HashThread&) = delete;

  void push(std::string_view data);            // blocks while `ring` pieces wait
  void wait_until_done(std::uint64_t pieces);  // the first `pieces` that were pushed have been read
  std::string finish();                        // the raw digest; ends the thread

 private:
  void run();
  void end();

  Md5 md5_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string_view> ring_;
  std::uint64_t pushed_ = 0, done_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace clary::objects
