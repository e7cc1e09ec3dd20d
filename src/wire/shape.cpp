#include "wire/shape.hpp"

namespace clary::wire {

const Field* Shape::find(std::string_view member) const {
  for (const Field& field : fields) {
    if (field.name == member) return &field;
  }
  return nullptr;
}

}  // namespace clary::wire
