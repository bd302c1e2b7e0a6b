"""The table of bad input: every row, part by part, with the tests that hold it; a test that is gone fails here."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

BAD_INPUT: dict[str, dict[str, list[str]]] = {
    "not an image, truncated, zero bytes, wrong extension": {
        "not an image": ["unit/test_readers.py::test_a_text_named_tif_is_no_picture"],
        "truncated": [
            "contracts/test_readers.py::test_a_file_cut_anywhere_is_refused_or_whole",
            "unit/test_readers_tiff.py::test_a_truncated_file_is_refused_whatever_its_layout",
            "unit/test_readers_tiff.py::test_a_missing_strip_is_not_read_as_zeros",
            "unit/test_readers_raster.py::test_a_truncated_picture_is_refused_on_one_line",
        ],
        "spoilt": [
            "contracts/test_fuzz.py::test_a_spoilt_file_is_read_or_refused_soon_with_little_memory_and_nothing_written"
        ],
        "zero bytes": ["unit/test_readers.py::test_an_empty_file_is_told_as_such_whatever_its_ending"],
        "wrong extension": ["unit/test_readers.py::test_content_beats_the_ending"],
        "the batch goes on, exit 1": [
            "cli/test_measure.py::test_one_broken_file_does_not_stop_the_rest_and_everything_is_written",
            "cli/test_measure.py::test_a_failure_is_one_line_and_the_rest_is_told",
            "cli/test_quantify.py::test_an_image_that_cannot_be_read_costs_its_membrane_and_not_the_study",
        ],
    },
    "RGB, palette, alpha, multi-page, float, 8 to 32 bits, MINISWHITE": {
        "colour that carries meaning": [
            "unit/test_readers_raster.py::test_an_overlay_of_two_dyes_must_be_read_by_its_channels",
            "unit/test_readers_raster.py::test_a_false_colour_display_is_refused",
            "unit/test_readers_raster.py::test_a_stain_on_a_light_ground_gives_the_mean_of_its_colours",
        ],
        "palette": [
            "unit/test_readers_tiff.py::test_a_grey_palette_is_looked_up_and_imagejs_colour_table_is_not",
            "unit/test_readers_tiff.py::test_a_colour_palette_is_refused_as_a_false_colour_display",
        ],
        "alpha": [
            "unit/test_readers_tiff.py::test_an_opaque_alpha_is_dropped_and_a_half_transparent_one_refused",
            "unit/test_readers_raster.py::test_transparent_corners_take_the_colour_of_the_ground",
            "unit/test_readers_raster.py::test_transparency_that_hides_the_counts_is_refused",
        ],
        "multi-page": [
            "unit/test_readers_tiff.py::test_pages_are_channels_and_one_must_be_named",
            "unit/test_readers_tiff.py::test_previews_and_pyramid_levels_are_left_out",
        ],
        "numbers of every kind": [
            "unit/test_readers_tiff.py::test_every_kind_of_number_is_read_as_it_is_stored",
            "unit/test_readers_tiff.py::test_twelve_bits_are_unpacked_and_clip_at_4095",
            "unit/test_readers_tiff.py::test_pixels_that_are_no_numbers_are_refused",
        ],
        "MINISWHITE": ["unit/test_readers_tiff.py::test_a_file_tagged_white_is_zero_keeps_its_counts_and_says_so"],
        "refused with the reason": [
            "unit/test_readers_tiff.py::test_what_would_be_read_wrong_is_refused_with_the_reason",
            "unit/test_readers_bombs.py::test_a_compression_that_says_its_own_size_is_refused_with_its_name",
        ],
    },
    "8-bit, JPEG, stretched or gamma-treated, clipped": {
        "flagged": ["unit/test_screening.py::test_what_was_done_to_a_picture_is_flagged_and_nothing_else"],
        "said once in the report": [
            "unit/test_report.py::test_flags_are_explained_worst_first_and_a_doubt_of_a_whole_picture_is_said_once"
        ],
    },
    "blank image, dot blot, no lanes": {
        "blank": [
            "unit/test_pipeline.py::test_a_picture_without_lanes_says_so",
            "unit/test_screening.py::test_a_blank_picture_says_that_there_is_nothing_to_measure",
        ],
        "dot blot": [
            "unit/test_lanes.py::test_a_dot_blot_is_not_cut_into_lanes",
            "unit/test_lanes.py::test_a_number_of_lanes_says_that_round_spots_are_bands_and_is_warned_of",
        ],
        "one strip of several": [
            "unit/test_strips.py::test_a_blank_strip_by_itself_is_a_failure_on_record_and_the_rest_is_measured"
        ],
    },
    "a table that breaks its rules": {
        "misspelt column or target, duplicate lane, text in dose": [
            "unit/test_study.py::test_a_broken_lane_sheet_is_refused_by_row_and_column",
            "unit/test_study.py::test_a_broken_image_sheet_is_refused_by_row_and_column",
            "unit/test_study.py::test_broken_responses_are_refused_by_row_and_column",
        ],
        "a control that matches nothing": ["unit/test_study.py::test_a_broken_study_toml_names_what_is_wrong"],
        "exit 2": [
            "cli/test_quantify.py::test_a_wrong_table_is_an_error_that_names_the_place",
            "cli/test_quantify.py::test_fit_refuses_a_table_by_row_and_column",
        ],
        "any cells at all": ["contracts/test_fuzz.py::test_a_table_of_any_cells_gives_responses_or_one_line"],
    },
    "1 GB image, 30 000 px side, decompression bomb": {
        "30 000 px side": [
            "unit/test_readers_bombs.py::test_a_huge_tiff_is_refused_by_its_header",
            "unit/test_readers_bombs.py::test_a_huge_png_is_refused_by_its_header",
        ],
        "stated memory": [
            "unit/test_readers.py::test_memory_for_a_large_picture_stays_under_sixteen_bytes_a_pixel",
            "unit/test_memory.py::test_measuring_a_large_picture_takes_no_more_than_64_bytes_a_pixel",
        ],
        "bombs": [
            "unit/test_readers_bombs.py::test_a_strip_that_unpacks_to_more_than_the_picture_is_not_unpacked",
            "unit/test_readers_bombs.py::test_a_jpeg_strip_that_claims_a_huge_picture_is_refused",
            "unit/test_readers_bombs.py::test_a_zip_whose_tiff_unpacks_beyond_measure_is_refused",
            "unit/test_readers_bombs.py::test_a_workbook_that_unpacks_beyond_measure_is_refused",
            "unit/test_readers_raster.py::test_a_decompression_bomb_is_refused_before_it_is_unpacked",
            "unit/test_readers_tiff.py::test_an_entity_bomb_in_ome_xml_is_not_expanded",
        ],
    },
    "names with quotes, <script>, =cmd(), newlines, non-Latin letters, ../": {
        "files": [
            "unit/test_readers.py::test_any_file_name_can_be_read",
            "unit/test_readers.py::test_any_file_name_gives_an_error_on_one_line",
            "cli/test_measure.py::test_a_name_that_is_code_is_only_text",
            "cli/test_usage.py::test_a_file_s_name_cannot_write_on_the_terminal",
        ],
        "HTML": ["unit/test_report.py::test_names_are_text_and_never_run"],
        "CSV": [
            "unit/test_tables.py::test_no_cell_is_run_by_a_spreadsheet_and_its_text_comes_back",
            "unit/test_tables.py::test_a_column_name_is_not_run_either",
        ],
        "XLSX": ["unit/test_result.py::test_a_name_that_looks_like_a_formula_is_a_text_in_the_workbook"],
        "cells": ["unit/test_study.py::test_names_with_quotes_newlines_and_formulas_stay_text"],
        "never a path": [
            "unit/test_result.py::test_an_image_name_is_never_a_path",
            "unit/test_batch_output.py::test_starting_anew_does_not_follow_a_link_out_of_the_folder",
        ],
    },
    "output disk full, no permission, killed half-way": {
        "no half file": [
            "unit/test_result.py::test_a_disk_that_fills_up_leaves_no_half_file",
            "unit/test_batch_parts.py::test_a_part_that_cannot_be_written_leaves_nothing_behind",
            "unit/test_report.py::test_the_page_is_written_whole_or_not_at_all",
        ],
        "the run can go on": [
            "cli/test_measure.py::test_a_full_disk_stops_the_run_in_one_line_and_it_goes_on_when_there_is_room",
            "cli/test_measure.py::test_a_run_that_was_interrupted_goes_on_where_it_stopped",
            "unit/test_batch_output.py::test_a_killed_run_leaves_no_lock_behind",
        ],
    },
}  # fmt: skip


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("row", "part"), [(row, part) for row, parts in BAD_INPUT.items() for part in parts])
def test_every_part_of_every_row_is_held_by_tests_that_exist(row: str, part: str) -> None:
    named = [each.split("::") for each in BAD_INPUT[row][part]]

    assert named
    assert [f"{file}::{name}" for file, name in named if name not in names_in(file)] == []


def test_the_table_has_the_rows_of_the_contract() -> None:
    assert len(BAD_INPUT) == 8
