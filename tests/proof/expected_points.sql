-- What each household should have, from the source Parquet alone. Amounts are whole cents. New York was at UTC-4
-- from 12 March, 07:00 UTC to 5 November, 06:00 UTC, else at UTC-5.
WITH lines AS (
    SELECT
        household_id,
        basket_id,
        store_id % 3 AS brand,  -- 0 maru, 1 sora, 2 kaze
        transaction_timestamp AS sold,
        transaction_timestamp - CASE
            WHEN transaction_timestamp >= TIMESTAMP '2017-03-12 07:00'
                AND transaction_timestamp < TIMESTAMP '2017-11-05 06:00' THEN INTERVAL 4 HOUR
            ELSE INTERVAL 5 HOUR
        END AS local,
        department,
        round(sales_value * 100)::BIGINT AS cents
    FROM read_parquet($transactions) LEFT JOIN read_parquet($products) USING (product_id)
    WHERE household_id IN (
        SELECT DISTINCT household_id FROM read_parquet($transactions) ORDER BY household_id LIMIT $most
    )
),
baskets AS (
    SELECT
        household_id,
        basket_id,
        brand,
        sold,
        local,
        sum(cents)::BIGINT AS total,
        coalesce(sum(cents) FILTER (department IN ('PRODUCE', 'SALAD BAR')), 0)::BIGINT AS fresh,
        CASE WHEN brand = 2 THEN
            (2 * coalesce(sum(cents) FILTER (department IN ('COSMETICS', 'DRUG GM', 'NUTRITION')), 0) + 200) // 400
        ELSE 0 END::BIGINT AS uncapped_care,
        coalesce(sum(cents) FILTER (department IN ('DELI', 'PASTRY')), 0)::BIGINT AS tea
    FROM lines
    GROUP BY household_id, basket_id, brand, sold, local
),
seen AS (  -- each basket with what was before it
    SELECT
        *,
        row_number() OVER (PARTITION BY household_id ORDER BY sold, basket_id) AS number,
        -- of the month by New York's calendar, in the order of time: the cap of 25 cuts what comes last
        sum(uncapped_care) OVER (PARTITION BY household_id, date_trunc('month', local) ORDER BY sold, basket_id) - uncapped_care
            AS care_before,
        -- of the year, at earlier instants: what is bought at the very same one does not count yet
        sum(total) OVER (PARTITION BY household_id, year(local) ORDER BY sold)
            - sum(total) OVER (PARTITION BY household_id, sold) AS spent_before,
        -- who had bought once, or not for long, had so at earlier instants too
        count(*) OVER earlier AS bought_before,
        last_value(local) OVER earlier AS bought_last
    FROM baskets
    WINDOW earlier AS (
        PARTITION BY household_id ORDER BY sold GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
earned AS (
    SELECT
        household_id,
        local::DATE AS day,
        total // 100 AS base,
        least(uncapped_care, greatest(0, 25 - care_before)) AS care,
        CASE WHEN spent_before >= 200000 THEN total // 200 ELSE 0 END AS gold,
        CASE WHEN number = 1 THEN 100 ELSE 0 END AS welcome,
        CASE WHEN local >= bought_last + INTERVAL 90 DAY AND total >= 3000 THEN 200 ELSE 0 END AS come_back,
        CASE
            WHEN bought_before = 1 AND local >= bought_last + INTERVAL 14 DAY AND come_back = 0 THEN 50 ELSE 0
        END AS second_visit,
        fresh // 100
        + CASE WHEN local::DATE BETWEEN DATE '2017-11-09' AND DATE '2017-11-19' THEN total // 100 ELSE 0 END
        + CASE WHEN brand = 1 AND isodow(local) <= 5 AND hour(local) BETWEEN 14 AND 16 THEN 2 * tea // 100 ELSE 0 END
        + CASE
            WHEN isodow(local) IN (5, 6) AND hour(local) >= 22 THEN total // 500
            WHEN isodow(local) IN (6, 7) AND hour(local) < 2 THEN total // 500
            ELSE 0
        END AS others,
        base + care + gold + welcome + come_back + second_visit + others AS points,
        CASE WHEN brand = 1 THEN total // 500 ELSE 0 END AS beans
    FROM seen
)
SELECT
    household_id,
    count(*) AS purchases,
    sum(points) AS earned,
    coalesce(sum(points) FILTER (day + 90 >= DATE '2017-12-31'), 0) AS spendable,
    sum(beans) AS beans,
    sum(base) AS base,
    sum(care) AS care,
    sum(gold) AS gold,
    sum(welcome) AS welcome,
    sum(come_back) AS come_back,
    sum(second_visit) AS second_visit
FROM earned
GROUP BY household_id
ORDER BY household_id
