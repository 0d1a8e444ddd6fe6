// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/train/run/patient_file.hpp"

#include <cstdint>
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
    /// last line), so that the file of a resumed run is that of a run never stopped. A damaged line is left out with
    /// a warning, and a file that cannot be read or changed stays as it is, with a warning.
    MetricsWriter(const std::string& path, std::int64_t done_steps);
    /// Writes {"step": step, …values}, at once or, where the file does not take it, later (PatientFile).
    void write(std::int64_t step, const MetricsLine& values);

  private:
    PatientFile file_;
};

} // namespace tacit::train
