// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tacit {

struct ProgressOptions {
    std::string label;                            ///< what is being done: "import", "epoch 3/20"
    std::int64_t total = 0;                       ///< items in all; 0: not known
    std::int64_t start = 0;                       ///< items that were done before, e.g. by the run that is resumed
    std::string unit = "images";                  ///< of the rate
    double units_per_item = 1;                    ///< e.g. the global batch where an item is a step
    double line_seconds = 10;                     ///< between two plain lines where stdout is not a terminal
    std::optional<bool> live;                     ///< draw a bar in place; default: whether stdout is a terminal
    int columns = 0;                              ///< of the terminal; 0: as it is
    std::function<void(const std::string&)> line; ///< where plain lines go; default: log::info
    std::function<double()> clock;                ///< seconds, monotonic; default: steady clock
};

/// The voice of a long job. On a terminal one line that is redrawn in place; elsewhere a plain line every
/// `line_seconds` and one at the end. Silent on ranks other than 0 and under --quiet. Thread-safe.
class Progress {
  public:
    /// Name and value, shown in this order behind rate and ETA: {"loss", "2.31"}. A narrow terminal loses the last
    /// first.
    using Fields = std::vector<std::pair<std::string, std::string>>;

    explicit Progress(ProgressOptions options);
    /// Removes the bar; prints nothing else, so that an error message stands alone.
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// `done` of `total` items are done, those before `start` included. Cheap: draws ten times a second at most.
    void update(std::int64_t done, const Fields& fields = {});
    /// For a total that is known only after the work began.
    void set_total(std::int64_t total);
    /// Prints the last state as a plain line. Later calls do nothing.
    void finish();

  private:
    std::vector<std::string> pieces(bool last, double now) const;
    std::string describe(bool last, double now) const;
    std::string live_line(double now, std::size_t width) const;

    ProgressOptions options_;
    int columns_; ///< of the terminal; 0: none
    std::mutex mutex_;
    std::int64_t done_;
    Fields fields_;
    double begun_;
    double shown_;
    bool finished_ = false;
};

/// "0:07", "12:34", "3:05:09", "2 d 04:00".
std::string duration_text(double seconds);
/// At least three digits of a count or rate: "12.3k", "945", "0.52".
std::string compact_number(double value);

} // namespace tacit
