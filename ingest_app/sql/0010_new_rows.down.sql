DROP TABLE new_row, new_row_reader;
