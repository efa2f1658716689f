#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "scheduler/schedule.hpp"

/// Reads lines of `CRON|ZONE|AFTER|UNTIL` (seconds since 1970) and prints for each the ticks after
/// AFTER and up to UNTIL, or `error: MESSAGE`.
namespace {

using orderly::UtcTime;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> parts(1);
  for (const char c : line) {
    if (c == '|') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

UtcTime time_of(const std::string& seconds) {
  return UtcTime(std::chrono::seconds(orderly::parse_int64(seconds).value()));
}

void answer(const std::vector<std::string>& question) {
  const auto schedule = orderly::scheduler::Schedule::parse(question.at(0), question.at(1));
  if (!schedule) {
    std::printf("error: %s\n", schedule.error().message.c_str());
    return;
  }
  const UtcTime until = time_of(question.at(3));
  const char* separator = "";
  for (auto tick = schedule->next(time_of(question.at(2))); tick && *tick <= until;
       tick = schedule->next(*tick)) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*tick).time_since_epoch();
    std::printf("%s%lld", separator, static_cast<long long>(seconds.count()));
    separator = " ";
  }
  std::printf("\n");
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);)
    answer(split(line));
  return 0;
}
