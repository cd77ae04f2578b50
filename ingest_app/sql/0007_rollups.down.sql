DROP TABLE rollup, rollup_value, rollup_spread, rollup_wide, rollup_progress, rollup_stale, histogram_bin;
