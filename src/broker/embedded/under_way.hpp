#pragma once

#include <cstddef>

#include "runtime/signal.hpp"

namespace orderly::broker {

/// Counts a call that is under way, and tells when it ends; stop() waits for all of them.
class UnderWay {
 public:
  UnderWay(std::size_t& count, runtime::Signal& ended) : count_(count), ended_(ended) { ++count_; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  ~UnderWay() {
    --count_;
    ended_.notify();
  }

 private:
  std::size_t& count_;
  runtime::Signal& ended_;
};

}  // namespace orderly::broker
