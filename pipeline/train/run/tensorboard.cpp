// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/tensorboard.hpp"

#include "pipeline/base/digest.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <fmt/format.h>
#include <unistd.h>

namespace tacit::train {

namespace {

static_assert(std::endian::native == std::endian::little, "event files are little-endian");

template <class T> void put(std::string& out, T value) {
    const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
    out.append(bytes.data(), bytes.size());
}

void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
        out.push_back(static_cast<char>((value & 0x7F) | 0x80));
    }
    out.push_back(static_cast<char>(value));
}

// Protocol buffer wire types.
constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kFixed64 = 1;
constexpr std::uint64_t kBytes = 2;
constexpr std::uint64_t kFixed32 = 5;

void put_key(std::string& out, std::uint64_t field, std::uint64_t wire) {
    put_varint(out, field << 3 | wire);
}

void put_bytes(std::string& out, std::uint64_t field, std::string_view bytes) {
    put_key(out, field, kBytes);
    put_varint(out, bytes.size());
    out.append(bytes);
}

std::uint32_t masked_crc(std::string_view data) {
    const std::uint32_t crc = crc32c(data.data(), data.size());
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

/// Event{wall_time = 1, step = 2}; the caller appends what happened.
std::string event_head(std::int64_t step) {
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    std::string event;
    put_key(event, 1, kFixed64);
    put(event, now.count());
    put_key(event, 2, kVarint);
    put_varint(event, static_cast<std::uint64_t>(step));
    return event;
}

std::string version_event() {
    std::string event = event_head(0);
    put_bytes(event, 3, "brain.Event:2");
    return event;
}

/// Summary.Value{tag = 1, simple_value = 2}.
std::string summary_value(const std::string& tag, double value) {
    std::string encoded;
    put_bytes(encoded, 1, tag);
    put_key(encoded, 2, kFixed32);
    put(encoded, static_cast<float>(value));
    return encoded;
}

std::string event_file_name() {
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
    return fmt::format("events.out.tfevents.{}.{}.{}", seconds.count(), host.data(), getpid());
}

} // namespace

std::string tfrecord_frame(std::string_view data) {
    std::string frame;
    put(frame, static_cast<std::uint64_t>(data.size()));
    put(frame, masked_crc(frame));
    frame.append(data);
    put(frame, masked_crc(data));
    return frame;
}

EventWriter::EventWriter(const std::string& folder)
    : file_(folder + "/" + event_file_name(), tfrecord_frame(version_event())) {}

void EventWriter::restart(std::int64_t step) {
    std::string session; // SessionLog{status = 1: START = 1}
    put_key(session, 1, kVarint);
    put_varint(session, 1);
    std::string event = event_head(step);
    put_bytes(event, 7, session);
    file_.append(tfrecord_frame(event));
}

void EventWriter::scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& values) {
    std::string summary;
    for (const auto& [tag, value] : values) {
        put_bytes(summary, 1, summary_value(tag, value));
    }
    std::string event = event_head(step);
    put_bytes(event, 5, summary);
    file_.append(tfrecord_frame(event));
}

} // namespace tacit::train
