// One version of an object, open: its bytes in memory, or the file that holds them. A plain object of one thread.
// Invariant: the open file keeps the bytes even when the object is replaced or deleted meanwhile.
#pragma once

#include "objects/index.hpp"

namespace clary::objects {

class StoredReader final : public Reader {
 public:
  StoredReader(index::Stored stored, std::shared_ptr<io::File> file)
      : stored_(std::move(stored)), file_(std::move(file)) {}
  const Object& object() const override { return stored_.object; }
  std::shared_ptr<io::File> file() const override { return file_; }
  std::string_view memory() const override { return stored_.data; }
  Outcome<std::size_t> read(std::uint64_t offset, char* data, std::size_t size) override;

 private:
  index::Stored stored_;
  std::shared_ptr<io::File> file_;
};

}  // namespace clary::objects
