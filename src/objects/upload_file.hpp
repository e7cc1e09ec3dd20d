// The file that the parts of one upload are written into side by side, each where it will stand in the object, so that
// completing the upload copies nothing. Places follow the size of the first whole part (clients send parts of one size,
// the last one shorter); what does not fit that, or comes a second time, gets a file of its own and is copied at
// completion. Shared by the writers of the upload's parts. Thread rule: any thread. Invariant: a place is given to one
// writer at a time, and never again once a part in it was acknowledged.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "objects/blobs.hpp"
#include "objects/intake.hpp"
#include "objects/upload_index.hpp"

namespace clary::objects {

class UploadFile {
 public:
  UploadFile(Blobs& blobs, std::string blob, const std::vector<upload_index::PartRow>& acknowledged);

  // Nothing: the part needs a file of its own.
  Outcome<std::optional<SharedPlace>> claim(int number, std::optional<std::uint64_t> length,
                                            const std::shared_ptr<UploadFile>& self);
  void give_up(int number);  // the place may be given again
  // No write reaches the file between close() and reopen().
  void close();
  void reopen();
  std::mutex& completing() { return completing_; }  // held by the one who completes or aborts

 private:
  Outcome<void> write(std::string_view data, std::uint64_t offset);
  std::optional<std::uint64_t> place_of(int number, std::uint64_t length);

  Blobs& blobs_;
  const std::string blob_;
  std::mutex completing_;
  // Held by each write: the kernel takes one at a time into a file, and lets the others spin for their turn.
  std::mutex gate_;
  bool closed_ = false;
  std::mutex mutex_;
  std::uint64_t stride_ = 0;  // 0: not known yet
  std::set<int> taken_;
  std::shared_ptr<io::File> file_;
};

}  // namespace clary::objects
