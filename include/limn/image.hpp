// SPDX-License-Identifier: MIT
// Files and pictures: everything in io/ and data/, which needs libpng, libjpeg, libexif and
// nlohmann-json (CMake: limn::image).
#pragma once

#include "limn/data/augment.hpp"
#include "limn/data/canvas.hpp"
#include "limn/data/content_hash.hpp"
#include "limn/data/data_report.hpp"
#include "limn/data/data_report_json.hpp"
#include "limn/data/fit.hpp"
#include "limn/data/font.hpp"
#include "limn/data/heatmap.hpp"
#include "limn/data/image_folder.hpp"
#include "limn/data/inspection.hpp"
#include "limn/data/loader.hpp"
#include "limn/data/permutation.hpp"
#include "limn/data/picture_store.hpp"
#include "limn/data/resize.hpp"
#include "limn/data/sheet.hpp"
#include "limn/io/orientation.hpp"
#include "limn/io/picture.hpp"
#include "limn/io/picture_facts.hpp"
#include "limn/io/picture_limits.hpp"
#include "limn/io/read_picture.hpp"
#include "limn/io/safetensors.hpp"
#include "limn/io/torch_layout.hpp"
#include "limn/io/write_picture.hpp"
