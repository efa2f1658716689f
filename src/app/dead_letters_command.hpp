#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The command `dead-letters`, as its flags tell it. Every function throws std::exception with a
/// message for a person and answers the exit code.
namespace orderly::app {

struct LetterSelection {
  std::string url;
  std::string subscription;  ///< empty: the server's first
  std::string code;
  std::string key;
  std::string since;
  std::string until;
};

struct ListLettersOptions {
  LetterSelection of;
  std::int64_t limit = 100;
  std::string format = "table";
};
int run_list_letters(const ListLettersOptions& options);
int run_letter_subscriptions(const ListLettersOptions& options);

struct ShowLetterOptions {
  LetterSelection of;
  std::int64_t number = 0;
  std::string format = "text";
};
int run_show_letter(const ShowLetterOptions& options);

struct RedriveOptions {
  LetterSelection of;
  std::vector<std::int64_t> numbers;
  bool all = false;
  std::int64_t rate = 0;   ///< letters a second; 0: as fast as it goes
  std::int64_t limit = 0;  ///< letters in all; 0: all of them
  bool dry_run = false;
};
/// 1 where one of them failed.
int run_redrive(const RedriveOptions& options);

struct DropOptions {
  LetterSelection of;
  std::vector<std::int64_t> numbers;
  bool yes = false;  ///< without asking
};
int run_drop(const DropOptions& options);

/// `250`, `250/s`; 0 for what is no rate from 1 to 1,000,000.
std::int64_t parse_rate(const std::string& text);

}  // namespace orderly::app
