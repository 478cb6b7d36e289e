-- What each campaign of `occurrences.py` began, for whom, for what and when, by $until, from the source Parquet alone.
-- New York was at UTC-4 from 12 March, 07:00 UTC to 5 November, 06:00 UTC, else at UTC-5. By its clocks that is from
-- 02:00, which were 03:00 at once, to 02:00, which were 01:00 again: of what they show twice, the first is meant.
WITH visits AS (
    SELECT
        household_id AS household,
        transaction_timestamp AS sold,
        transaction_timestamp - CASE
            WHEN transaction_timestamp >= TIMESTAMP '2017-03-12 07:00'
                AND transaction_timestamp < TIMESTAMP '2017-11-05 06:00' THEN INTERVAL 4 HOUR
            ELSE INTERVAL 5 HOUR
        END AS local,
        count(DISTINCT basket_id) AS baskets
    FROM read_parquet($transactions)
    WHERE household_id IN (
        SELECT DISTINCT household_id FROM read_parquet($transactions) ORDER BY household_id LIMIT $most
    )
    GROUP BY household, sold
),
gaps AS (  -- days between successive days with a purchase
    SELECT household, day, day - lag(day) OVER (PARTITION BY household ORDER BY day) AS gap
    FROM (SELECT DISTINCT household, local::DATE AS day FROM visits)
),
rhythms AS (  -- as they were on each of those days
    SELECT household, day, CASE WHEN count(gap) OVER latest >= 3 THEN median(gap) OVER latest END AS usual
    FROM gaps
    WINDOW latest AS (PARTITION BY household ORDER BY day ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
),
absences AS (  -- each visit, and when the next one was
    SELECT
        visits.household,
        sold,
        local,
        lead(sold) OVER in_order AS back,
        sum(baskets) OVER in_order AS bought,
        usual
    FROM visits JOIN rhythms ON visits.household = rhythms.household AND day = local::DATE
    WINDOW in_order AS (PARTITION BY visits.household ORDER BY sold)
),
households AS (
    SELECT
        household,
        min(sold) AS joined,
        min(local) AS joined_local,
        CASE
            WHEN household % 50 = 29 THEN DATE '1996-02-29'
            ELSE DATE '1960-01-01' + (53 * household % 18262)::INTEGER
        END AS born
    FROM visits
    GROUP BY household
),
birthdays AS (  -- in common years, 29 February is the 28th
    SELECT
        household,
        joined,
        joined_local,
        year,
        make_date(year, month(born), CASE WHEN month(born) = 2 THEN least(day(born), 28) ELSE day(born) END) AS day
    FROM households CROSS JOIN (VALUES (2017), (2018)) AS years(year)
),
moments AS (  -- so many days after a time; not before something happened, and not once they were back
    SELECT
        household,
        'away-' || days AS campaign,
        epoch_ms(sold)::VARCHAR AS occurrence,
        local AS since,
        days::DOUBLE AS later,
        sold AS earliest,
        back
    FROM absences CROSS JOIN (VALUES (30), (60), (90)) AS ladder(days)
    UNION ALL
    SELECT household, 'bought-once', 'ever', local, 14, sold, back FROM absences WHERE bought = 1
    UNION ALL
    SELECT household, 'overdue', epoch_ms(sold)::VARCHAR, local, 1.5 * usual, sold, back
    FROM absences
    WHERE usual IS NOT NULL
    UNION ALL
    SELECT household, 'birthday', year::VARCHAR, day - INTERVAL 7 DAY, 0, joined, NULL
    FROM birthdays
    WHERE joined_local < day + INTERVAL 1 DAY
),
days AS (  -- the local day in which that is
    SELECT *, since + to_days(floor(later)::INTEGER) AS first, since + to_days(floor(later)::INTEGER + 1) AS last
    FROM moments
),
instants AS (
    SELECT
        *,
        epoch_ms(first) + CASE
            WHEN first >= TIMESTAMP '2017-03-12 03:00' AND first < TIMESTAMP '2017-11-05 02:00' THEN 4
            ELSE 5
        END * 3_600_000 AS begins,
        epoch_ms(last) + CASE
            WHEN last >= TIMESTAMP '2017-03-12 03:00' AND last < TIMESTAMP '2017-11-05 02:00' THEN 4
            ELSE 5
        END * 3_600_000 AS ends
    FROM days
),
begun AS (  -- a part of a day is that part of its length, which may be 23 or 25 hours
    SELECT
        *,
        greatest(begins + ceil((later - floor(later)) * (ends - begins))::BIGINT, epoch_ms(earliest)) AS began_at
    FROM instants
)
SELECT household, campaign, occurrence, began_at
FROM begun
WHERE began_at <= $until AND (back IS NULL OR epoch_ms(back) >= began_at)
