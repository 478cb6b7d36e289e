-- Who is in which segment of `programs/sample.yaml` at $at (UTC; by New York's clocks $local), from the source Parquet
-- alone. Days are New York's, which was at UTC-4 from 12 March, 07:00 UTC to 5 November, 06:00 UTC, else at UTC-5.
WITH baskets AS (
    SELECT
        household_id AS household,
        transaction_timestamp - CASE
            WHEN transaction_timestamp >= TIMESTAMP '2017-03-12 07:00'
                AND transaction_timestamp < TIMESTAMP '2017-11-05 06:00' THEN INTERVAL 4 HOUR
            ELSE INTERVAL 5 HOUR
        END AS local,
        sum(round(sales_value * 100)::BIGINT) AS cents
    FROM read_parquet($transactions)
    WHERE transaction_timestamp < $at AND household_id IN (
        SELECT DISTINCT household_id FROM read_parquet($transactions) ORDER BY household_id LIMIT $most
    )
    GROUP BY household_id, basket_id, transaction_timestamp
),
households AS (
    SELECT
        household,
        count(*) AS baskets,
        count(*) FILTER (local > $local - INTERVAL 365 DAY) AS baskets_in_a_year,
        coalesce(sum(cents) FILTER (local > $local - INTERVAL 365 DAY), 0) AS spent_in_a_year,
        count(DISTINCT local::DATE) FILTER (local > $local - INTERVAL 365 DAY) AS days_in_a_year,
        epoch($local - max(local)) / 86400 AS days_since
    FROM baskets
    GROUP BY household
),
gaps AS (  -- days between successive days with a purchase, the latest first
    SELECT
        household,
        day - lag(day) OVER (PARTITION BY household ORDER BY day) AS gap,
        row_number() OVER (PARTITION BY household ORDER BY day DESC) AS number
    FROM (SELECT DISTINCT household, local::DATE AS day FROM baskets)
),
rhythms AS (
    SELECT household, median(gap) AS usual
    FROM gaps
    WHERE gap IS NOT NULL AND number <= 12
    GROUP BY household
    HAVING count(*) >= 3
),
ranks AS (  -- how many of those who bought within a year each of them is ahead of
    SELECT
        household,
        count(*) OVER () AS everybody,
        rank() OVER (ORDER BY floor(days_since) DESC) - 1 AS longer_away,
        rank() OVER (ORDER BY days_in_a_year) - 1 AS less_often,
        rank() OVER (ORDER BY spent_in_a_year) - 1 AS for_less
    FROM households
    WHERE baskets_in_a_year > 0
)
SELECT 'lapsed-high-value' AS segment, household
FROM households
WHERE spent_in_a_year >= 100000 AND days_since >= 90
UNION ALL
SELECT 'bought-once', household
FROM households
WHERE baskets = 1 AND days_since >= 14
UNION ALL
SELECT 'regulars', household
FROM households
WHERE baskets_in_a_year > 20
UNION ALL
SELECT 'overdue', household
FROM households JOIN rhythms USING (household)
WHERE days_since >= 1.5 * usual
UNION ALL
SELECT 'champions', household
FROM ranks
WHERE 5 * longer_away >= 3 * everybody AND 5 * less_often >= 3 * everybody AND 5 * for_less >= 4 * everybody
