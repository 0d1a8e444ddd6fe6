// SPDX-License-Identifier: Apache-2.0
#include "pipeline/shards/read/part_reader.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/shards/read/strided_copy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tacit::shards {
namespace {

constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxImageBytes = std::uint64_t{1} << 30;

class ItemsPart final : public PartReader {
  public:
    ItemsPart(const ImageItems& items, const FileBytes& file) : items_(items), file_(file) {
        std::uint64_t together = 0;
        for (std::size_t i = 0; i < items.bytes.size(); ++i) {
            check(i);
            if (together > 0 && together + items.bytes[i] > kBlockBytes) {
                starts_.push_back(static_cast<std::int64_t>(i));
                together = 0;
            }
            together += items.bytes[i];
        }
        if (!items.bytes.empty()) {
            starts_.push_back(static_cast<std::int64_t>(items.bytes.size()));
        }
    }

    const std::vector<std::int64_t>& block_starts() const override { return starts_; }
    bool single_reads_are_cheap() const override { return true; }
    std::int64_t row(std::int64_t index) const override { return index; }

    void read_block(std::int64_t number, std::vector<std::uint8_t>& out, ArrayScratch& /*scratch*/) const override {
        const auto first = static_cast<std::size_t>(starts_[static_cast<std::size_t>(number)]);
        const auto end = static_cast<std::size_t>(starts_[static_cast<std::size_t>(number) + 1]);
        out.resize(static_cast<std::size_t>(place_in_block(number, end)));
        std::size_t done = 0;
        for (std::size_t i = first; i < end;) { // neighbours in the file are read at once
            const std::size_t begin = i;
            std::uint64_t bytes = items_.bytes[i];
            while (++i < end && items_.addresses[i] == items_.addresses[begin] + bytes) {
                bytes += items_.bytes[i];
            }
            file_.read(items_.addresses[begin], out.data() + done, static_cast<std::size_t>(bytes));
            done += static_cast<std::size_t>(bytes);
        }
        make_native(out);
    }

    StoredImage in_block(std::int64_t number, std::int64_t index, std::span<const std::uint8_t> block) const override {
        const auto image = static_cast<std::size_t>(index);
        return stored(image, block.subspan(static_cast<std::size_t>(place_in_block(number, image)),
                                           static_cast<std::size_t>(items_.bytes[image])));
    }

    bool read_straight(std::int64_t index, std::span<std::uint8_t> to, ArrayScratch& /*scratch*/) const override {
        const auto image = static_cast<std::size_t>(index);
        if (items_.shapes.empty() || items_.swapped || items_.bytes[image] != to.size()) {
            return false;
        }
        file_.read(items_.addresses[image], to.data(), to.size());
        return true;
    }

    StoredImage read_one(std::int64_t index, std::vector<std::uint8_t>& out, ArrayScratch& /*scratch*/) const override {
        const auto image = static_cast<std::size_t>(index);
        out.resize(static_cast<std::size_t>(items_.bytes[image]));
        file_.read(items_.addresses[image], out.data(), out.size());
        make_native(out);
        return stored(image, out);
    }

  private:
    void check(std::size_t i) const {
        const std::uint64_t bytes = items_.bytes[i];
        if (bytes > kMaxImageBytes || bytes > file_.size() || items_.addresses[i] > file_.size() - bytes) {
            throw DataError(fmt::format("image {} claims {} bytes at byte {} of a file of {}", i, bytes,
                                        items_.addresses[i], file_.size()));
        }
        if (!items_.shapes.empty() && items_.shapes[i].bytes() * element_bytes(items_.element) != bytes) {
            throw DataError(fmt::format("image {} takes {} bytes, and its shape says otherwise", i, bytes));
        }
    }

    std::uint64_t place_in_block(std::int64_t number, std::size_t image) const {
        std::uint64_t place = 0;
        for (auto i = static_cast<std::size_t>(starts_[static_cast<std::size_t>(number)]); i < image; ++i) {
            place += items_.bytes[i];
        }
        return place;
    }

    void make_native(std::vector<std::uint8_t>& bytes) const {
        if (items_.swapped) {
            swap_bytes(bytes.data(), bytes.size() / element_bytes(items_.element), element_bytes(items_.element));
        }
    }

    StoredImage stored(std::size_t image, std::span<const std::uint8_t> bytes) const {
        return {bytes, items_.shapes.empty() ? augment::ImageShape{} : items_.shapes[image], items_.element};
    }

    const ImageItems& items_;
    const FileBytes& file_;
    std::vector<std::int64_t> starts_{0};
};

} // namespace

std::unique_ptr<PartReader> make_part_reader(const ImagePart& part, const FileBytes& file) {
    if (part.items) {
        return std::make_unique<ItemsPart>(*part.items, file);
    }
    return make_array_reader(part, file);
}

} // namespace tacit::shards
