DROP TABLE known_field, known_value;
