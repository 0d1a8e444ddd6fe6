// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tacit::log {

/// Sets who is speaking: rank 0 prints information, other ranks only warnings and errors, tagged "[rank r]".
void set_rank(int rank, int ranks);
/// Nothing but warnings and errors.
void set_quiet(bool quiet);

/// Plain lines: info to stdout (rank 0 only), warning and error to stderr. One write per line. A warning that was said
/// before is not said again. Thread-safe.
void info(const std::string& line);
void warning(const std::string& line);
void error(const std::string& line);

/// What warning() is told by any thread while this lives, each line once, whether or not it was said before. `alone`:
/// nobody else hears it, unless this ends by an exception: then the lines are said after all.
class HeardWarnings {
  public:
    explicit HeardWarnings(bool alone = false);
    ~HeardWarnings();
    HeardWarnings(const HeardWarnings&) = delete;
    HeardWarnings& operator=(const HeardWarnings&) = delete;
    std::vector<std::string> lines() const;

  private:
    bool alone_;
    int failures_; ///< under way when it was made
    std::vector<std::string> lines_;
    friend void warning(const std::string& line);
};

/// Whether info() prints: rank 0 and not quiet.
bool speaks();
/// Replaces the live line that stands below all others on a terminal; "" removes it. Lines written
/// meanwhile appear above it. Nothing is printed where info() prints nothing.
void live(const std::string& text);

} // namespace tacit::log
