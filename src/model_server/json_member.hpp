// A member of a JSON value that may be no object, or not be there at all. Thread rule: pure. Invariant: null is an answer, never an exception.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace clary::model_server {

inline const boost::json::value* member(const boost::json::value* of, std::string_view name) {
  return of && of->is_object() ? of->get_object().if_contains(name) : nullptr;
}

}  // namespace clary::model_server
