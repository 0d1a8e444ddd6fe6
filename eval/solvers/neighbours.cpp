// SPDX-License-Identifier: Apache-2.0
#include "eval/solvers/neighbours.hpp"

#include "augment/recipe/recipe.hpp"
#include "eval/solvers/knn.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/png.hpp"
#include "pipeline/loader/recipe_config.hpp"

#include <torch/types.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tacit::eval {

namespace {

constexpr int kFrame = 2;     // pixels around an image, coloured by agreement
constexpr int kGap = 2;       // between images
constexpr int kQueryGap = 10; // between the query and its neighbours
using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kPaper{255, 255, 255};
constexpr Colour kAgree{46, 160, 98};
constexpr Colour kDisagree{214, 69, 65};
constexpr Colour kNeutral{140, 148, 158};

/// An RGB picture that images are pasted into.
class Sheet {
  public:
    Sheet(int height, int width) : height_(height), width_(width) {
        pixels_.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
        fill(0, 0, height, width, kPaper);
    }

    void fill(int top, int left, int height, int width, const Colour& colour) {
        for (int y = top; y < top + height; ++y) {
            for (int x = left; x < left + width; ++x) {
                std::copy(colour.begin(), colour.end(), at(y, x));
            }
        }
    }

    void paste(int top, int left, augment::ImageView image) {
        const int channels = image.shape.channels;
        for (int y = 0; y < image.shape.height; ++y) {
            for (int x = 0; x < image.shape.width; ++x) {
                const std::uint8_t* from =
                    image.data + (static_cast<std::ptrdiff_t>(y) * image.shape.width + x) * channels;
                for (int c = 0; c < 3; ++c) {
                    *(at(top + y, left + x) + c) = from[channels == 3 ? c : 0];
                }
            }
        }
    }

    std::string png() const { return encode_png(pixels_.data(), height_, width_, 3); }

  private:
    std::vector<std::uint8_t>::iterator at(int y, int x) {
        return pixels_.begin() + (static_cast<std::ptrdiff_t>(y) * width_ + x) * 3;
    }
    int height_;
    int width_;
    std::vector<std::uint8_t> pixels_;
};

/// Reads images of a data set at the sheet's size.
class Thumbnails {
  public:
    Thumbnails(const shards::Dataset& dataset, int size)
        : dataset_(dataset), recipe_(loader::eval_recipe(size, dataset.info().channels), dataset.info().channels),
          pixels_(recipe_.output().bytes()) {}

    augment::ImageView read(std::int64_t index) {
        const augment::ImageView source = dataset_.read(index, buffer_);
        recipe_.apply(source, {}, {{pixels_.data(), nullptr, nullptr}}, workspace_);
        return {pixels_.data(), recipe_.output()};
    }

  private:
    const shards::Dataset& dataset_;
    augment::Recipe recipe_;
    augment::Workspace workspace_;
    shards::SampleBuffer buffer_;
    std::vector<std::uint8_t> pixels_;
};

/// Indices of the query images: the first of each class, then the second of each, …
std::vector<std::int64_t> pick_queries(const at::Tensor& labels, int queries) {
    const at::Tensor flat = labels.contiguous();
    const std::int64_t* label = flat.const_data_ptr<std::int64_t>();
    std::vector<std::pair<std::int64_t, std::int64_t>> turns; // (how often the class came before, index)
    std::vector<std::int64_t> seen(
        static_cast<std::size_t>(std::max<std::int64_t>(flat.max().item<std::int64_t>(), 0)) + 1);
    for (std::int64_t i = 0; i < flat.numel(); ++i) {
        turns.emplace_back(seen[static_cast<std::size_t>(std::max<std::int64_t>(label[i], 0))]++, i);
    }
    std::stable_sort(turns.begin(), turns.end(), [&](const auto& a, const auto& b) {
        return std::pair(a.first, label[a.second]) < std::pair(b.first, label[b.second]);
    });
    std::vector<std::int64_t> picked;
    for (std::size_t i = 0; i < turns.size() && picked.size() < static_cast<std::size_t>(queries); ++i) {
        picked.push_back(turns[i].second);
    }
    return picked;
}

Colour frame_colour(std::int32_t query, std::int32_t neighbour) {
    if (query < 0 || neighbour < 0) {
        return kNeutral;
    }
    return query == neighbour ? kAgree : kDisagree;
}

} // namespace

std::vector<NeighbourRow> nearest_images(const Features& features, int queries, int neighbours) {
    const std::vector<std::int64_t> picked = pick_queries(features.labels, queries);
    const at::Tensor index = torch::tensor(at::ArrayRef<std::int64_t>(picked));
    const std::int64_t k = std::min<std::int64_t>(std::int64_t{neighbours} + 1, features.values.size(0));
    const Nearest found = nearest(features.values.index_select(0, index), features.values, k);
    std::vector<NeighbourRow> rows;
    for (std::size_t q = 0; q < picked.size(); ++q) {
        NeighbourRow row;
        row.query = features.sample(picked[q]);
        row.label = features.labels[picked[q]].item<std::int32_t>();
        for (std::int64_t j = 0; j < k && row.indices.size() < static_cast<std::size_t>(neighbours); ++j) {
            const auto neighbour = found.index[static_cast<std::int64_t>(q)][j].item<std::int64_t>();
            if (neighbour == picked[q]) {
                continue;
            }
            row.indices.push_back(features.sample(neighbour));
            row.labels.push_back(features.labels[neighbour].item<std::int32_t>());
            row.similarities.push_back(found.similarity[static_cast<std::int64_t>(q)][j].item<double>());
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string neighbour_sheet(const std::vector<NeighbourRow>& rows, const shards::Dataset& dataset, int size) {
    const int channels = dataset.info().channels;
    if (channels != 1 && channels != 3) {
        throw ConfigError(fmt::format("{}: images of {} channels cannot be shown; pictures need 1 or 3",
                                      dataset.info().path, channels));
    }
    const int cell = size + 2 * kFrame;
    const int columns = rows.empty() ? 0 : static_cast<int>(rows.front().indices.size());
    const int width = cell + kQueryGap + columns * (cell + kGap) - kGap;
    Sheet sheet(std::max(1, static_cast<int>(rows.size()) * (cell + kGap) - kGap), std::max(1, width));
    Thumbnails thumbnails(dataset, size);
    int top = 0;
    for (const NeighbourRow& row : rows) {
        sheet.fill(top, 0, cell, cell, kNeutral);
        sheet.paste(top + kFrame, kFrame, thumbnails.read(row.query));
        int left = cell + kQueryGap;
        for (std::size_t j = 0; j < row.indices.size(); ++j) {
            sheet.fill(top, left, cell, cell, frame_colour(row.label, row.labels[j]));
            sheet.paste(top + kFrame, left + kFrame, thumbnails.read(row.indices[j]));
            left += cell + kGap;
        }
        top += cell + kGap;
    }
    return sheet.png();
}

} // namespace tacit::eval
