#pragma once

#include <chrono>

namespace orderly::order {

/// What is asked of whoever wants to place an order now.
struct Admission {
  std::chrono::milliseconds delay{0};  ///< to wait before it is accepted
  bool refused = false;                ///< come again later (429)
};

/// The port through which the pipeline behind the commit slows the front door down (promise P10).
/// app/ gives it an adapter where the pipeline is in this process.
class AdmissionControl {
 public:
  virtual ~AdmissionControl() = default;
  /// Quick. On the loop that serves.
  [[nodiscard]] virtual Admission now() const = 0;
};

}  // namespace orderly::order
