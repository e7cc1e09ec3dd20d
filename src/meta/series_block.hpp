// A stretch of a series as bytes: its steps, its times and its values, each in a column; steps and times as differences from the one before, in
// varints, so that a point of a regular series takes some eleven bytes. Thread rule: pure functions.
// Invariant: what is decoded is bit for bit what was encoded, in its order.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "meta/series.hpp"

namespace clary::meta {

std::string encode_points(std::span<const Point> points);
// What `points` held before is replaced.
Outcome<void> decode_points(std::string_view data, std::vector<Point>& points);

}  // namespace clary::meta
