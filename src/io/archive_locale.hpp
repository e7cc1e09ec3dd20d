// libarchive converts names to the thread's character set and loses what that cannot spell; UTF-8 spells all. Thread
// rule: for one scope of one thread. Invariant: the thread has its own locale back when the scope ends.
#pragma once

#include <locale.h>

namespace clary::io {

class Utf8Names {
 public:
  Utf8Names() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8Names() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  locale_t utf8_;
  locale_t before_ = nullptr;
};

}  // namespace clary::io
