// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipeline/train/run/patient_file.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tacit::train {

/// One TFRecord frame: u64 length, masked CRC-32C of it, `data`, masked CRC-32C of the data, all
/// little-endian (tensorflow/core/lib/io/record_writer).
std::string tfrecord_frame(std::string_view data);

/// Writes scalars as a TensorBoard event file (tensorflow/core/util/event.proto, encoded by hand).
class EventWriter {
  public:
    /// Into `<folder>/events.out.tfevents.<seconds>.<host>.<pid>`, at once or later (PatientFile).
    explicit EventWriter(const std::string& folder);
    /// Tells TensorBoard that what earlier files hold for steps >= `step` is void.
    void restart(std::int64_t step);
    void scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& values);
    const std::string& path() const { return file_.path(); }

  private:
    PatientFile file_;
};

} // namespace tacit::train
