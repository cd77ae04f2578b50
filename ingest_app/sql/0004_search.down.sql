DROP TABLE body_unindexed, body_words;
