"""What members are given beside points: coupons. What each kind is, the programme says; who gives them, campaigns."""
