// One stream of bytes on its way in: counted, hashed, and kept - in memory while it is small, in a blob file beyond.
// A plain object of one thread. Invariant: until keep() is called, the destructor removes the file that it made.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "objects/blobs.hpp"
#include "objects/checksum.hpp"
#include "objects/hash_thread.hpp"

namespace clary::objects {

Outcome<void> write_at(const io::File& file, std::string_view data, std::uint64_t offset);

// A place inside a file that others write too (the parts of one upload). `write` may refuse, when the upload has ended
// meanwhile.
struct SharedPlace {
  std::string blob;
  std::shared_ptr<io::File> file;
  std::uint64_t offset = 0;
  std::function<Outcome<void>(std::string_view data, std::uint64_t offset)> write;
};

class Intake {
 public:
  struct Plan {
    std::optional<Algorithm> checksum;
    bool sha256 = false;               // of the whole, for SigV4's payload hash
    std::size_t inline_limit = 0;      // up to so many bytes stay in memory
    std::optional<SharedPlace> place;  // nothing: a blob of its own
  };
  struct Taken {
    std::uint64_t size = 0;
    std::string md5, sha256, checksum;  // raw
    std::string blob;                   // empty: the bytes are in `data`
    std::uint64_t offset = 0;
    std::string data;
  };

  Intake(Blobs& blobs, Plan plan);
  ~Intake();
  Outcome<void> write(std::string_view data);
  Outcome<Taken> finish();  // the sums
  Outcome<void> seal();     // then: durable
  void keep() { kept_ = true; }
  std::uint64_t size() const { return size_; }

 private:
  Outcome<void> spill();
  void begin_beside();
  void hash(std::string_view data);
  Outcome<void> pass_on();
  Outcome<void> put(std::string_view data);

  Blobs& blobs_;
  Plan plan_;
  std::uint64_t size_ = 0, written_ = 0, pushed_ = 0, flushed_ = 0;
  std::string small_;  // while in memory
  std::vector<std::unique_ptr<char[]>> ring_;
  std::size_t at_ = 0;    // the buffer that is being filled
  std::size_t fill_ = 0;  // bytes in it
  Md5 md5_;
  std::optional<Hash> sha256_;
  std::optional<Checksum> checksum_;
  // Of a stream longer than one buffer: a digest beside this thread. One of the two.
  std::unique_ptr<HashThread> thread_;
  std::unique_ptr<Md5Lanes::Stream> lane_;
  std::string blob_;
  std::shared_ptr<io::File> file_;
  bool kept_ = false;
};

}  // namespace clary::objects
