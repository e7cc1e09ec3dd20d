// MD5, whose steps depend each on the one before: a core computes one digest at 0.8 GB/s and sixteen in the lanes of its
// vector unit in little more time. So what streams that come in side by side hold back is computed together, when one
// of them can hold back no more. Md5 is a plain object of one thread; Md5Lanes: any thread, each stream's calls by one
// at a time. Invariant: a digest is the same whatever it was put together with.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#define OPENSSL_SUPPRESS_DEPRECATED  // the only functions of OpenSSL that show a digest's state
#include <openssl/md5.h>

namespace clary::objects {

class Md5 {
 public:
  Md5() { MD5_Init(&state_); }
  void update(std::string_view data) { MD5_Update(&state_, data.data(), data.size()); }
  std::string finish();  // the raw digest; the object is then spent

 private:
  friend class Md5Lanes;
  MD5_CTX state_;
};

class Md5Lanes {
 public:
  struct Lane {
    Md5* md5;
    std::vector<std::string_view> pieces;  // in a row
  };
  // Takes in all pieces, side by side where that is quicker. No two lanes have the same Md5.
  static void compute(std::vector<Lane> lanes);

  // A digest that may fall behind its data, until it is waited for.
  class Stream {
   public:
    Stream(Md5Lanes& all, Md5 begun);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    void push(std::string_view data);            // which stays as it is until it is done
    void wait_until_done(std::uint64_t pieces);  // the first `pieces` that were pushed are in the digest
    std::string finish();                        // the raw digest; the object is then spent

   private:
    friend class Md5Lanes;
    Md5Lanes& all_;
    Md5 md5_;
    std::vector<std::string_view> waiting_;
    std::uint64_t pushed_ = 0, done_ = 0;
    bool computing_ = false;
  };

  static Md5Lanes& shared();  // of the process; one thread computes for each two cores

 private:
  void compute_waiting(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;  // guards the streams' members too, but for md5_ of one that is being computed
  std::condition_variable changed_;
  std::vector<Stream*> streams_;
  unsigned computing_ = 0;
};

}  // namespace clary::objects
