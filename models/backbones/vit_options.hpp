// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/backbones/backbone.hpp"
#include "models/backbones/parts/transformer_block.hpp"

#include <string>

namespace tacit::models {

/// What a vision transformer is made of.
struct ViTOptions {
    std::string name;
    augment::ImageShape shape;
    std::int64_t patch = 4, depth = 12;
    BlockOptions block;
    std::string positions = "sincos";
    bool class_token = true;
    std::int64_t registers = 0;
    bool mean = false; ///< features are the mean of the patches, else the class token
    double drop_path = 0;
    bool checkpoint = false;

    std::int64_t rows() const { return shape.height / patch; }
    std::int64_t columns() const { return shape.width / patch; }
    std::int64_t prefix() const { return (class_token ? 1 : 0) + registers; }
    /// A position of the class token's own, as timm has it where there are no registers.
    bool class_position() const { return positions == "learned" && class_token && registers == 0; }
};

/// Reads and checks the options of the `request.name` of timm's four sizes, as families.hpp has them. Throws
/// ConfigError for options that do not go together.
ViTOptions read_vit_options(const BackboneRequest& request);

/// Why images of this size are not at least two whole patches, for Backbone::unfit(); "" where they are.
std::string patch_mismatch(std::int64_t patch, std::int64_t height, std::int64_t width);

Architecture architecture_of(const ViTOptions& options);

} // namespace tacit::models
