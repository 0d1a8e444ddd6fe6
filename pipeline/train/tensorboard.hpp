// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
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
    /// Creates `<folder>/events.out.tfevents.<seconds>.<host>.<pid>`. Throws IoError.
    explicit EventWriter(const std::string& folder);
    /// Tells TensorBoard that what earlier files hold for steps >= `step` is void.
    void restart(std::int64_t step);
    void scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& values);
    const std::string& path() const { return path_; }

  private:
    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    void append(const std::string& event);

    std::string path_;
    std::unique_ptr<std::FILE, Closer> file_;
};

} // namespace tacit::train
