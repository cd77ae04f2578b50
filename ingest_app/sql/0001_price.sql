-- Prices as they were used; immutable, so that a row's price_id says for ever how its cost came about.
CREATE TABLE price (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider      text   NOT NULL,
    model         text   NOT NULL,
    source        text   NOT NULL,  -- such as 'genai-prices 0.2.3'
    usd_per_mtok  jsonb  NOT NULL,  -- kind of token to US dollars per million, as text
    UNIQUE (provider, model, source, usd_per_mtok)
);
