// SPDX-License-Identifier: Apache-2.0
#include "pipeline/train/run/pictures.hpp"

#include "pipeline/base/error.hpp"
#include "pipeline/base/files.hpp"
#include "pipeline/base/json_text.hpp"
#include "pipeline/base/png.hpp"

#include <torch/types.h>

#include <cctype>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tacit::train {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kTilePixels = 64; ///< small images are enlarged to about this
constexpr std::int64_t kGap = 2;         ///< white pixels around each tile

/// [C] -> [1, 1, C, 1, 1].
at::Tensor channel_values(const std::vector<double>& values) {
    return torch::tensor(values, torch::kFloat32).view({1, 1, -1, 1, 1});
}

/// [R, K, C, H, W] normalised -> [R, K, C', H, W] uint8 with C' of 1 or 3.
at::Tensor displayable(const at::Tensor& images, const InputFormat& format) {
    at::Tensor pixels = images.detach().to(torch::kCPU, torch::kFloat32);
    pixels = pixels * channel_values(format.std) + channel_values(format.mean);
    const std::int64_t channels = pixels.size(2);
    if (channels != 1 && channels != 3) {
        pixels = pixels.slice(2, 0, channels > 3 ? 3 : 1);
    }
    return pixels.clamp(0, 1).mul(255).round().to(torch::kUInt8);
}

/// [R, K, C, H, W] uint8 -> [R * (H' + gap) + gap, K * (W' + gap) + gap, C]: enlarged tiles on white.
at::Tensor tiled(at::Tensor tiles) {
    const std::int64_t factor = std::max<std::int64_t>(1, kTilePixels / tiles.size(3));
    tiles = tiles.repeat_interleave(factor, 3).repeat_interleave(factor, 4);
    const std::int64_t height = tiles.size(3) + kGap;
    const std::int64_t width = tiles.size(4) + kGap;
    at::Tensor sheet =
        torch::full({tiles.size(0) * height + kGap, tiles.size(1) * width + kGap, tiles.size(2)}, 255, torch::kUInt8);
    for (std::int64_t row = 0; row < tiles.size(0); ++row) {
        for (std::int64_t column = 0; column < tiles.size(1); ++column) {
            sheet.slice(0, row * height + kGap, (row + 1) * height)
                .slice(1, column * width + kGap, (column + 1) * width)
                .copy_(tiles[row][column].permute({1, 2, 0}));
        }
    }
    return sheet;
}

std::string file_name(const std::string& title) {
    std::string name;
    for (const char c : title) {
        name.push_back(std::isalnum(static_cast<unsigned char>(c)) != 0
                           ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                           : '-');
    }
    return name + ".png";
}

Json read_index(const std::string& path) {
    if (!std::filesystem::exists(path)) {
        return Json::array();
    }
    Json index = Json::parse(read_file(path), nullptr, false);
    return index.is_array() ? index : Json::array();
}

void put_entry(Json& index, Json entry) {
    for (Json& old : index) {
        if (old.is_object() && old.value("title", Json()) == entry.value("title", Json())) {
            old = std::move(entry);
            return;
        }
    }
    index.push_back(std::move(entry));
}

/// [N, C, H, W] images at the height and width of `like`, by nearest neighbours.
at::Tensor at_size_of(const at::Tensor& like, const at::Tensor& images) {
    if (images.size(2) == like.size(2) && images.size(3) == like.size(3)) {
        return images;
    }
    return torch::upsample_nearest2d(images, {{like.size(2), like.size(3)}});
}

} // namespace

models::PretextPicture view_sheet(const models::PretextInput& input) {
    models::PretextPicture picture;
    picture.title = "views";
    std::vector<at::Tensor> columns;
    for (std::size_t view = 0; view < input.views.size(); ++view) {
        columns.push_back(at_size_of(input.views.front(), input.views[view]));
        picture.columns.push_back(fmt::format("view {}", view + 1));
        if (view < input.masks.size() && input.masks[view].defined()) {
            const at::Tensor hidden = at_size_of(input.views.front(), input.masks[view].narrow(1, 0, 1));
            columns.push_back(columns.back() * (1 - hidden));
            picture.columns.push_back(fmt::format("view {}, masked", view + 1));
        }
    }
    picture.images = torch::stack(columns, 1);
    return picture;
}

void write_pictures(const RunPaths& paths, const std::vector<models::PretextPicture>& pictures,
                    const InputFormat& format) {
    make_folder(paths.pictures());
    Json index = read_index(paths.picture_index());
    for (const models::PretextPicture& picture : pictures) {
        const at::Tensor sheet = tiled(displayable(picture.images, format)).contiguous();
        const std::string name = file_name(picture.title);
        write_file_atomically(paths.pictures() + "/" + name,
                              encode_png(sheet.const_data_ptr<std::uint8_t>(), static_cast<int>(sheet.size(0)),
                                         static_cast<int>(sheet.size(1)), static_cast<int>(sheet.size(2))));
        put_entry(index, {{"title", picture.title},
                          {"file", name},
                          {"columns", picture.columns},
                          {"captions", picture.captions},
                          {"rows", picture.images.size(0)}});
    }
    write_file_atomically(paths.picture_index(), json_text(index, 2) + "\n");
}

} // namespace tacit::train
