#include "objects/object_reader.hpp"

#include <algorithm>
#include <cstring>

namespace clary::objects {

Outcome<std::size_t> StoredReader::read(std::uint64_t offset, char* data, std::size_t size) {
  if (offset >= stored_.object.size) return std::size_t{0};
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, stored_.object.size - offset));
  if (file_) {
    TRY(std::size_t got, file_->pread(data, size, offset));
    if (got == 0 && size > 0)
      return internal("a blob is shorter than its object: {} bytes expected", stored_.object.size);
    return got;
  }
  std::memcpy(data, stored_.data.data() + offset, size);
  return size;
}

}  // namespace clary::objects
