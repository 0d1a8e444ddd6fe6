// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tacit::train {

/// One line of metrics.jsonl: names and values in order, "step" first.
using MetricsLine = std::vector<std::pair<std::string, double>>;

/// Appends lines to metrics.jsonl.
class MetricsWriter {
  public:
    /// Keeps the lines of an earlier start up to and with `done_steps` and drops later ones (and a torn
    /// last line), so that the file of a resumed run is that of a run never stopped. Throws IoError.
    MetricsWriter(const std::string& path, std::int64_t done_steps);
    /// Writes {"step": step, …values} and flushes. Throws IoError.
    void write(std::int64_t step, const MetricsLine& values);

  private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string path_;
    std::unique_ptr<std::FILE, Closer> file_;
};

} // namespace tacit::train
