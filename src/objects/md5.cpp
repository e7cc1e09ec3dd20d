#include "objects/md5.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>
#include <utility>

namespace clary::objects {

namespace {

constexpr std::size_t lanes = 16, block = 64;
using Words = std::uint32_t __attribute__((vector_size(lanes * sizeof(std::uint32_t))));

// RFC 1321, 3.4: how far each step turns, and the integer part of 2^32 |sin(step)|.
constexpr int turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
struct Sines {
  std::uint32_t of[64];
  Sines() {
    for (int step = 0; step < 64; ++step)
      of[step] = static_cast<std::uint32_t>(std::floor(std::abs(std::sin(step + 1.0)) * 4294967296.0));
  }
};

struct State {
  Words a, b, c, d;
};

// One round of RFC 1321: sixteen steps, of which step i takes the word `index` and mixes with `mix`. A macro, since
// vectors would go through memory where a function that is not compiled for this vector unit takes them.
#define CLARY_MD5_ROUND(round, index, mix)                             \
  _Pragma("GCC unroll 16") for (int i = 0; i < 16; ++i) {              \
    Words word;                                                        \
    std::memcpy(&word, words[(index) % 16], sizeof word);              \
    const int turn = turns[round][i % 4];                              \
    const Words sum = s.a + (mix) + word + sines.of[(round)*16 + i];   \
    s = {s.d, s.b + ((sum << turn) | (sum >> (32 - turn))), s.b, s.c}; \
  }

// Goes `blocks` blocks on in every lane. Becomes part of the functions below, compiled for each one's vector unit.
[[gnu::always_inline]] inline void go_on(State& state, const unsigned char* const (&data)[lanes], std::size_t blocks) {
  static const Sines sines;
  State s = state;
  for (std::size_t n = 0; n < blocks; ++n) {
    alignas(Words) std::uint32_t words[16][lanes];
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      std::uint32_t own[16];
      std::memcpy(own, data[lane] + n * block, block);
      for (int word = 0; word < 16; ++word) words[word][lane] = own[word];
    }
    const State before = s;
    CLARY_MD5_ROUND(0, i, s.d ^ (s.b & (s.c ^ s.d)))
    CLARY_MD5_ROUND(1, 5 * i + 1, s.c ^ (s.d & (s.b ^ s.c)))
    CLARY_MD5_ROUND(2, 3 * i + 5, s.b ^ s.c ^ s.d)
    CLARY_MD5_ROUND(3, 7 * i, s.c ^ (s.b | ~s.d))
    s = {before.a + s.a, before.b + s.b, before.c + s.c, before.d + s.d};
  }
  state = s;
}

struct Advance {
  void (*run)(State&, const unsigned char* const (&)[lanes], std::size_t) = nullptr;
  std::size_t least = SIZE_MAX;  // from how many streams on it is quicker than one stream after the other (measured)
};

#ifdef __x86_64__
__attribute__((target("avx512f"))) void advance_avx512(State& state, const unsigned char* const (&data)[lanes],
                                                       std::size_t blocks) {
  go_on(state, data, blocks);
}
__attribute__((target("avx2"))) void advance_avx2(State& state, const unsigned char* const (&data)[lanes],
                                                  std::size_t blocks) {
  go_on(state, data, blocks);
}
Advance for_this_processor() {
  if (__builtin_cpu_supports("avx512f")) return {advance_avx512, 3};
  if (__builtin_cpu_supports("avx2")) return {advance_avx2, 4};
  return {};
}
#else
Advance for_this_processor() {
  return {};
}
#endif

void count(MD5_CTX& state, std::size_t bytes) {
  const std::uint64_t bits = ((std::uint64_t{state.Nh} << 32) | state.Nl) + std::uint64_t{bytes} * 8;
  state.Nl = static_cast<MD5_LONG>(bits);
  state.Nh = static_cast<MD5_LONG>(bits >> 32);
}

}  // namespace

std::string Md5::finish() {
  std::string raw(MD5_DIGEST_LENGTH, '\0');
  MD5_Final(reinterpret_cast<unsigned char*>(raw.data()), &state_);
  return raw;
}

void Md5Lanes::compute(std::vector<Lane> work) {
  struct Active {
    MD5_CTX* state;
    std::vector<std::string_view> pieces;  // the next one last
  };
  std::vector<Active> active;
  for (Lane& lane : work) {
    std::reverse(lane.pieces.begin(), lane.pieces.end());
    active.push_back({&lane.md5->state_, std::move(lane.pieces)});
  }
  // Whole blocks are for the lanes: what is before and behind them is taken in here. True: nothing is left.
  auto is_over = [](Active& lane) {
    while (!lane.pieces.empty()) {
      std::string_view& piece = lane.pieces.back();
      if (lane.state->num == 0 && piece.size() >= block) return false;
      const auto part = piece.substr(0, block - lane.state->num);
      MD5_Update(lane.state, part.data(), part.size());
      piece.remove_prefix(part.size());
      if (piece.empty()) lane.pieces.pop_back();
    }
    return true;
  };
  static const Advance advance = for_this_processor();
  while (std::erase_if(active, is_over), active.size() >= advance.least) {
    const std::size_t used = std::min(active.size(), lanes);
    std::size_t blocks = SIZE_MAX;
    for (std::size_t i = 0; i < used; ++i) blocks = std::min(blocks, active[i].pieces.back().size() / block);
    State state{};
    const unsigned char* data[lanes];
    for (std::size_t i = 0; i < lanes; ++i) {  // lanes that nobody needs repeat the first
      const Active& lane = active[i < used ? i : 0];
      state.a[i] = lane.state->A, state.b[i] = lane.state->B, state.c[i] = lane.state->C, state.d[i] = lane.state->D;
      data[i] = reinterpret_cast<const unsigned char*>(lane.pieces.back().data());
    }
    advance.run(state, data, blocks);
    for (std::size_t i = 0; i < used; ++i) {
      MD5_CTX& own = *active[i].state;
      own.A = state.a[i], own.B = state.b[i], own.C = state.c[i], own.D = state.d[i];
      count(own, blocks * block);
      active[i].pieces.back().remove_prefix(blocks * block);
      if (active[i].pieces.back().empty()) active[i].pieces.pop_back();
    }
  }
  for (Active& lane : active) {
    for (; !lane.pieces.empty(); lane.pieces.pop_back())
      MD5_Update(lane.state, lane.pieces.back().data(), lane.pieces.back().size());
  }
}

Md5Lanes& Md5Lanes::shared() {
  static Md5Lanes all;
  return all;
}

void Md5Lanes::compute_waiting(std::unique_lock<std::mutex>& lock) {
  std::vector<Stream*> taken;
  std::vector<Lane> work;
  for (Stream* stream : streams_) {
    if (stream->computing_ || stream->waiting_.empty()) continue;
    stream->computing_ = true;
    taken.push_back(stream);
    work.push_back({&stream->md5_, std::exchange(stream->waiting_, {})});
  }
  std::vector<std::uint64_t> pieces;
  for (const Lane& lane : work) pieces.push_back(lane.pieces.size());
  ++computing_;
  lock.unlock();
  compute(std::move(work));
  lock.lock();
  --computing_;
  for (std::size_t i = 0; i < taken.size(); ++i) {
    taken[i]->computing_ = false;
    taken[i]->done_ += pieces[i];
  }
  changed_.notify_all();
}

Md5Lanes::Stream::Stream(Md5Lanes& all, Md5 begun) : all_(all), md5_(begun) {
  std::lock_guard lock(all_.mutex_);
  all_.streams_.push_back(this);
}

Md5Lanes::Stream::~Stream() {
  std::unique_lock lock(all_.mutex_);
  all_.changed_.wait(lock, [&] { return !computing_; });
  std::erase(all_.streams_, this);
}

void Md5Lanes::Stream::push(std::string_view data) {
  std::lock_guard lock(all_.mutex_);
  waiting_.push_back(data);
  ++pushed_;
}

void Md5Lanes::Stream::wait_until_done(std::uint64_t pieces) {
  static const unsigned most = std::max(1u, std::thread::hardware_concurrency() / 2);
  std::unique_lock lock(all_.mutex_);
  while (done_ < pieces) {
    if (computing_ || all_.computing_ >= most) {
      all_.changed_.wait(lock);
    } else {
      all_.compute_waiting(lock);
    }
  }
}

std::string Md5Lanes::Stream::finish() {
  wait_until_done(pushed_);
  return md5_.finish();
}

}  // namespace clary::objects
