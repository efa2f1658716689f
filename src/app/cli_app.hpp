#pragma once

/// CLI11's header costs seconds; who only passes a command on needs no more than this.
namespace CLI {  // NOLINT(readability-identifier-naming): the vendor's name
class App;
}  // namespace CLI
